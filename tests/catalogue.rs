//! The catalogue of one program. There is one registry per binary, so this test is a separate binary.

use airlock::Effect;
use airlock::catalogue::{Catalogue, register};
use airlock::policy::block;

/// The vehicle that parcels travel in.
struct Van;

impl Van {
    fn load(&self, to: String, weight: Option<Vec<u8>>) {
        drop((to, weight));
    }
}

/// Sends a parcel.
///
/// With more to say on a second line.
#[airlock::effect(
    name = "parcel.send",
    alias("parcel.post"),
    tags("out"),
    queue = "slow",
    priority = 3,
    redact(to)
)]
async fn send_parcel(
    #[resource] van: &Van,
    to: String,
    weight: Option<Vec<u8>>,
) -> Result<(), String> {
    van.load(to, weight);
    Ok(())
}

#[airlock::effect(batch, key = (orders, 1), once, coalesce = first)]
fn count(orders: Vec<u32>) {
    drop(orders);
}

mod module {
    /// Checks out.
    #[airlock::boundary(name = "check-out", emits(super::SendParcel, super::Count))]
    pub(super) async fn checkout() -> Result<(), airlock::FlushError> {
        Ok(())
    }
}

mod r#dyn {
    #[airlock::effect]
    pub(super) fn r#move() {}
}

#[airlock::boundary(on_flush_error = panic)]
fn plain() {
    // An effect inside a function body gets its id from its module and name, too.
    #[airlock::effect]
    fn within() {}
    airlock::enqueue(within());
}

#[cfg(any())]
#[airlock::effect]
fn configured_away() {}

/// Returns the ids of all effects in the catalogue.
fn ids() -> Vec<&'static str> {
    airlock::effects()
        .iter()
        .map(|effect| effect.id())
        .collect()
}

#[test]
fn every_effect_of_the_program_is_listed_in_order() {
    assert_eq!(
        ids(),
        [
            "catalogue.count",
            "catalogue.dyn.move",
            "catalogue.within",
            "fixture_named.deep.hidden_in_named",
            "fixture_named.from_named",
            "parcel.send",
        ]
    );
    // The dependency `fixture-unnamed` is listed in Cargo.toml, but no code names it, so it is not linked.
    // The test `catalogue_linked` names it.
    assert!(fixture_named::from_named(1).n == 1);
}

#[test]
fn an_entry_says_all_that_the_declaration_does() {
    let effect = Catalogue::global()
        .expect("sound")
        .find("parcel.send")
        .expect("listed");
    assert_eq!(
        (effect.name(), effect.intent()),
        ("send_parcel", "SendParcel")
    );
    assert_eq!(
        effect.docs(),
        "Sends a parcel.\n\nWith more to say on a second line."
    );
    assert_eq!(effect.aliases(), ["parcel.post"]);
    let arguments: Vec<_> = effect
        .arguments()
        .iter()
        .map(|it| (it.name(), it.type_name()))
        .collect();
    assert_eq!(arguments, [("to", "String"), ("weight", "Option<Vec<u8>>")]);
    assert_eq!(effect.resources()[0].type_name(), "Van");
    assert_eq!(
        (effect.queue(), effect.priority(), effect.tags()),
        (Some("slow"), Some(3), &["out"][..])
    );
    assert!(
        effect.is_async() && effect.is_fallible() && !effect.is_batch() && !effect.is_durable()
    );
    assert_eq!(
        (effect.package(), effect.module()),
        (env!("CARGO_PKG_NAME"), "catalogue")
    );
    assert_eq!((effect.file(), effect.line()), (file!(), 27));
    let count = Count::DESCRIPTOR;
    assert!(count.is_batch() && count.is_once() && !count.is_fallible());
    assert_eq!(count.key(), Some("(orders, 1)"));
}

#[test]
fn effects_are_found_by_id_alias_and_type() {
    let catalogue = Catalogue::global().expect("sound");
    assert_eq!(catalogue.find("parcel.post"), Some(SendParcel::DESCRIPTOR));
    assert_eq!(catalogue.find_type::<Count>(), Some(Count::DESCRIPTOR));
    assert_eq!(catalogue.find("parcel.sned"), None);
    assert!(block::<()>().id("parcel.post").is_ok());
    let error = block::<()>().id("parcel.sned").expect_err("misspelt");
    assert!(
        error.to_string().contains("did you mean `parcel.send`?"),
        "{error}"
    );
}

#[test]
fn boundaries_are_listed_with_what_they_emit() {
    let names: Vec<_> = airlock::boundaries()
        .iter()
        .map(|it| (it.module(), it.name()))
        .collect();
    assert_eq!(
        names,
        [("catalogue", "plain"), ("catalogue::module", "check-out")]
    );
    let checkout = airlock::boundaries()[1];
    assert_eq!(
        checkout.emits(),
        Some(&[SendParcel::DESCRIPTOR, Count::DESCRIPTOR][..])
    );
    assert!(checkout.is_async() && checkout.docs() == "Checks out.");
    plain();
    drop(module::checkout());
    drop((send_parcel(String::new(), None), count(1), r#dyn::r#move()));
}

#[test]
fn emits_is_a_veto_for_everything_else() {
    let error = airlock::scope()
        .name("only parcels")
        .emits::<SendParcel>()
        .run_infallible(|_| {
            let inner = airlock::scope().run_infallible(|_| Some(airlock::try_enqueue(count(1))));
            inner.expect("nothing was enqueued").value
        })
        .expect("nothing was enqueued")
        .value
        .expect("it was tried")
        .expect_err("not declared");
    assert!(
        error
            .to_string()
            .contains("`only parcels` does not declare it"),
        "{error}"
    );
}

#[test]
fn it_prints_as_aligned_tables() {
    let text = Catalogue::global().expect("sound").to_string();
    let line = text
        .lines()
        .find(|line| line.contains("parcel.send"))
        .expect("listed");
    for part in [
        "to: String (redacted), weight: Option<Vec<u8>>",
        "async, queue slow, priority 3, tag out, alias parcel.post",
        "catalogue.rs:27",
        "Sends a parcel.",
    ] {
        assert!(line.contains(part), "{part} in {text}");
    }
    let starts: Vec<_> = text
        .lines()
        .take(8)
        .skip(1)
        .map(|line| line.len() - line.trim_start().len())
        .collect();
    assert!(starts.iter().all(|start| *start == 2), "{text}");
    assert!(text.contains("2 boundaries"));
}

#[cfg(feature = "serde")]
#[test]
fn it_has_a_serde_form() {
    let json = serde_json::to_value(Catalogue::global().expect("sound")).expect("it serialises");
    let effects = json["effects"].as_array().expect("a list");
    let parcel = effects
        .iter()
        .find(|effect| effect["id"] == "parcel.send")
        .expect("listed");
    assert_eq!(
        parcel["arguments"][0],
        serde_json::json!({"name": "to", "type": "String", "redacted": true})
    );
    assert_eq!(parcel["async"], true);
    assert_eq!(json["boundaries"][1]["emits"][0], "parcel.send");
}

#[test]
fn registering_by_hand_after_the_catalogue_was_made_is_an_error() {
    let _ = airlock::effects();
    let error = register::<SendParcel>().expect_err("too late");
    assert!(error.to_string().contains("at the start of `main`"));
}
