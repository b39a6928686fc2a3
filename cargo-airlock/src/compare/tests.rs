use super::{Comparison, State};
use crate::catalogue::Catalogue;
use crate::record::{Argument, Boundary, Effect};

fn effect(id: &str) -> Effect {
    Effect {
        id: id.to_owned(),
        aliases: Vec::new(),
        name: id.replace('.', "_"),
        intent: "Intent".to_owned(),
        arguments: Vec::new(),
        resources: Vec::new(),
        emits: None,
        is_async: false,
        fallible: false,
        durable: false,
        batch: false,
        once: false,
        key: None,
        keeps: "last",
        queue: None,
        priority: None,
        attempts: None,
        timeout_ms: None,
        tags: Vec::new(),
        docs: String::new(),
        package: "shop".to_owned(),
        module: "shop".to_owned(),
        place: "src/lib.rs:1".to_owned(),
        column: 1,
        waits: None,
        airlock: "0.1.0".to_owned(),
    }
}

fn argument(name: &str, redacted: bool) -> Argument {
    Argument {
        name: name.to_owned(),
        type_name: "String".to_owned(),
        redacted,
        encoded_as: None,
        formerly: Vec::new(),
        default: false,
        encoded_by: None,
        left_out: false,
    }
}

fn boundary(name: &str, emits: Option<&[&str]>) -> Boundary {
    Boundary {
        name: name.to_owned(),
        emits: emits.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()),
        is_async: false,
        docs: String::new(),
        package: "shop".to_owned(),
        module: "shop".to_owned(),
        place: "src/main.rs:2".to_owned(),
        line: 2,
        airlock: "0.1.0".to_owned(),
    }
}

fn catalogue(effects: Vec<Effect>, boundaries: Vec<Boundary>) -> Catalogue {
    Catalogue {
        effects,
        boundaries,
        ..Catalogue::default()
    }
}

/// Returns the changes of boundaries, one per line.
#[track_caller]
fn boundaries(old: &Catalogue, new: &Catalogue) -> Vec<String> {
    let changes = Comparison::new(old, new)
        .expect("ids are unique")
        .boundaries;
    let line = |change: super::BoundaryChange| {
        let state = match change.state {
            State::New => "new ",
            State::Gone => "gone ",
            State::Changed => "",
        };
        let signed = |sign: &str, ids: &[String]| {
            ids.iter()
                .map(|id| format!(" {sign}{id}"))
                .collect::<String>()
        };
        format!(
            "{state}{}{}{}{}",
            change.boundary,
            signed("+", &change.now_emits),
            signed("~", &change.now_causes),
            signed("-", &change.no_longer_emits)
        )
    };
    changes.into_iter().map(line).collect()
}

#[test]
fn a_program_does_not_differ_from_itself() {
    let program = catalogue(
        vec![effect("a"), effect("b")],
        vec![boundary("open", None), boundary("closed", Some(&["a"]))],
    );
    let comparison = Comparison::new(&program, &program).expect("ids are unique");
    assert!(comparison.is_empty(), "{comparison:?}");
}

#[test]
fn a_boundary_tells_what_it_may_now_emit_and_what_no_longer() {
    let effects = || vec![effect("a"), effect("b")];
    let old = catalogue(
        effects(),
        vec![
            boundary("changed", Some(&["a"])),
            boundary("closed", None),
            boundary("gone", Some(&["a"])),
            boundary("opened", Some(&["a"])),
            boundary("same", Some(&["b", "a"])),
        ],
    );
    let new = catalogue(
        effects(),
        vec![
            boundary("changed", Some(&["b"])),
            boundary("closed", Some(&["a"])),
            boundary("new", Some(&[])),
            boundary("opened", None),
            boundary("same", Some(&["a", "b"])),
        ],
    );
    assert_eq!(
        boundaries(&old, &new),
        [
            "shop::changed +b -a",
            "shop::closed -*",
            "gone shop::gone -a",
            "new shop::new",
            "shop::opened +*",
        ]
    );
}

#[test]
fn a_boundary_tells_what_its_effects_now_cause() {
    let emitting = |id: &str, emits: &[&str]| Effect {
        emits: Some(emits.iter().map(|id| (*id).to_owned()).collect()),
        ..effect(id)
    };
    let both = || {
        vec![
            boundary("direct", Some(&["a", "c"])),
            boundary("indirect", Some(&["a"])),
            boundary("open", None),
        ]
    };
    let old = catalogue(
        vec![emitting("a", &[]), emitting("b", &["a", "c"]), effect("c")],
        both(),
    );
    let new = catalogue(
        vec![
            emitting("a", &["b"]),
            emitting("b", &["a", "c"]),
            effect("c"),
        ],
        both(),
    );
    assert_eq!(
        boundaries(&old, &new),
        ["shop::direct ~b", "shop::indirect ~b ~c"]
    );
    let changes = Comparison::new(&old, &new).expect("ids are unique").effects;
    let changes: Vec<_> = changes
        .iter()
        .map(|it| (it.what, it.after.as_deref()))
        .collect();
    assert_eq!(changes, [("emits", Some("b"))]);
}

#[test]
fn a_renamed_effect_is_not_another_one_for_a_boundary() {
    let old = catalogue(vec![effect("a")], vec![boundary("it", Some(&["a"]))]);
    let renamed = Effect {
        aliases: vec!["a".to_owned()],
        ..effect("b")
    };
    let new = catalogue(vec![renamed], vec![boundary("it", Some(&["b"]))]);
    assert!(boundaries(&old, &new).is_empty());
    let changes = Comparison::new(&old, &new).expect("ids are unique").effects;
    let changes: Vec<_> = changes
        .iter()
        .map(|it| (it.what, it.after.as_deref()))
        .collect();
    assert_eq!(changes, [("id", Some("b"))]);
}

#[test]
fn a_lost_key_and_a_lost_redaction_are_told() {
    let old = Effect {
        key: Some("order".to_owned()),
        arguments: vec![argument("order", false), argument("card", true)],
        ..effect("a")
    };
    let new = Effect {
        arguments: vec![argument("order", false), argument("card", false)],
        ..effect("a")
    };
    let old = catalogue(vec![old], Vec::new());
    let new = catalogue(vec![new], Vec::new());
    let changes = Comparison::new(&old, &new).expect("ids are unique").effects;
    let means = |what: &str| {
        let mut changes = changes.iter();
        let change = changes.find(|change| change.what == what);
        change.map(|it| (it.before.as_deref(), it.after.as_deref(), it.means))
    };
    let (before, after, lost) = means("key").expect("it changed");
    assert_eq!((before, after), (Some("order"), None));
    assert!(lost.starts_with("it lost its key"), "{lost}");
    let (before, after, _) = means("redacted").expect("it changed");
    assert_eq!((before, after), (Some("card"), None));
    assert_eq!(means("arguments"), None);
}

#[test]
fn a_contract_that_moved_is_told_once() {
    let durable = |arguments| Effect {
        durable: true,
        arguments,
        ..effect("a")
    };
    let old = catalogue(vec![durable(vec![argument("to", false)])], Vec::new());
    let new = catalogue(vec![durable(vec![argument("address", false)])], Vec::new());
    let comparison = Comparison::new(&old, &new).expect("ids are unique");
    assert!(!comparison.contracts.is_empty());
    assert!(comparison.effects.is_empty(), "{:?}", comparison.effects);

    // Of an effect that is not durable no message is stored: its arguments are no contract.
    let plain = |name| {
        let arguments = vec![argument(name, false)];
        let plain = Effect {
            arguments,
            ..effect("a")
        };
        catalogue(vec![plain], Vec::new())
    };
    let comparison = Comparison::new(&plain("to"), &plain("address")).expect("ids are unique");
    assert!(comparison.contracts.is_empty());
    assert_eq!(comparison.effects.len(), 1, "{:?}", comparison.effects);
}
