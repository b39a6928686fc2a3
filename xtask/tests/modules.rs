//! Checks that the modules of `airlock-core` have no import cycle, and tests the check itself.

use std::path::Path;

use xtask::modules::{Source, check, declared};
use xtask::workspace::Workspace;

fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

/// Returns the complaints about a crate with the modules `first` and `second`, in this order.
fn complaints(path: &str, text: &str) -> Vec<String> {
    let root = "mod first;\npub mod second;\npub use self::second::Item;\n";
    check(&[source("lib.rs", root), source(path, text)])
}

fn add_sources(folder: &Path, below: &str, sources: &mut Vec<Source>) {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy();
        let below = format!("{below}{name}");
        if path.is_dir() {
            add_sources(&path, &format!("{below}/"), sources);
        } else {
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            sources.push(Source { path: below, text });
        }
    }
}

fn core() -> Vec<Source> {
    let workspace = Workspace::load().expect("cargo reads our manifests");
    let mut sources = Vec::new();
    let folder = Path::new(&workspace.root).join("airlock-core/src");
    add_sources(&folder, "", &mut sources);
    sources
}

#[test]
fn a_module_of_core_uses_only_those_before_it() {
    let complaints = check(&core());
    assert!(complaints.is_empty(), "\n- {}", complaints.join("\n- "));
}

/// `rustfmt` reorders declarations on adjacent lines.
#[test]
fn the_modules_of_core_are_in_the_order_of_an_intents_path() {
    let sources = core();
    let root = sources.iter().find(|source| source.path == "lib.rs");
    let order = declared(&root.expect("core has a lib.rs").text);
    let expected = "unwind inline_box effect intent lifecycle report catalogue policy executor observer settings \
                    context enqueue flush scope airlock worker dry_run task_tracker __private testing";
    assert_eq!(order.expect("lib.rs is Rust").join(" "), expected);
}

#[test]
fn a_module_may_use_itself_and_those_before_it() {
    let text =
        "use crate::first::A;\nuse crate::second::B;\nuse crate::{first::C, second::{D, E}};\n";
    assert_eq!(complaints("second.rs", text), [""; 0]);
    assert_eq!(complaints("second/mod.rs", "use super::first::A;"), [""; 0]);
    assert_eq!(
        complaints("second/deep.rs", "use super::third::A;"),
        [""; 0]
    );
}

#[test]
fn a_use_of_a_later_module_is_found_in_every_form() {
    let found = |text: &str| complaints("first/part.rs", text).len();
    assert_eq!(found("use crate::second::A;"), 1);
    assert_eq!(found("use crate::{first::A, second::B};"), 1);
    assert_eq!(found("fn f() { g(crate::second::A) }"), 1);
    assert_eq!(found("pub(crate) fn f(_: Vec<crate::second::A>) {}"), 1);
    assert_eq!(found("macro_rules! m { () => { crate::second::A } }"), 1);
    assert_eq!(found("use super::super::second::A;"), 1);
    assert_eq!(
        found("mod inner { use super::super::super::second::A; }"),
        1
    );
    assert_eq!(
        complaints("first/part.rs", "\nuse crate::second::A;"),
        ["first/part.rs:2: `first` uses `second`, which comes after it"]
    );
}

#[test]
fn a_name_at_the_root_hides_its_module() {
    let expected = "second.rs:1: `crate::Item` hides its module; write `crate::module::Item`";
    assert_eq!(complaints("second.rs", "use crate::Item;"), [expected]);
    assert_eq!(complaints("second.rs", "use crate::{Item};"), [expected]);
}

#[test]
fn comments_docs_strings_and_generated_code_do_not_count() {
    let text = r#"
        //! See [`A`](crate::second::A).
        // crate::second::B
        /* crate::second::C */
        /// As [`D`](crate::Item).
        pub(crate) const TEXT: &str = "crate::second::E";
        macro_rules! generated { () => { $crate::second::F } }
        pub(crate) use crate::__airlock_exported as exported;
    "#;
    assert_eq!(complaints("first.rs", text), [""; 0]);
}

#[test]
fn a_file_of_no_declared_module_is_found() {
    let expected = "third.rs: lib.rs does not declare `third`";
    assert_eq!(complaints("third.rs", ""), [expected]);
}
