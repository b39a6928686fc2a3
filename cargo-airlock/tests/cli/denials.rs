//! Tests of `cargo airlock lint` for clients that the domain may not use.

use expect_test::expect;

use crate::fixture::scratch;
use crate::lints::{files, workspace};

const CLIENT: &str = "[package.metadata.airlock]\ndomain = [\"crate\"]\ndeny-paths = [\"reqwest::Client\", \"crate::legacy::Task::delay\", \"crate::raw\"]\n\n[dependencies]\nreqwest = \"0.12\"";

#[test]
fn a_call_on_a_client_in_a_field_is_new_although_the_field_is_known() {
    let todo = scratch("todo-of-fields").join("todo.txt");
    let path = todo.to_string_lossy();
    let orders = |body| {
        format!(
            "pub struct Orders {{ http: std::sync::Arc<reqwest::Client> }}\nimpl Orders {{\n    fn pay(&self) {{ {body} }}\n}}\n"
        )
    };
    let lint = |source: &str, arguments: &[&str]| {
        let arguments = [&["--todo", &path], arguments].concat();
        files("fields", CLIENT, &[("src/lib.rs", source)], &arguments)
    };
    lint(&orders(""), &["--write-todo"]);
    let said = lint(&orders("self.http.post(1);"), &[]);
    assert!(said.contains("src/lib.rs:3:31: deny-path"), "{said}");
    assert!(said.ends_with("-- exit code 1 --\n"), "{said}");
}

#[test]
fn a_denied_module_may_use_itself_and_a_denied_method_is_found_by_its_type() {
    let source = "mod legacy {\n    pub struct Task;\n    impl Task { pub fn delay(&self) {} }\n}\nmod raw {\n    pub struct Socket;\n    pub fn open() -> Socket { crate::raw::Socket }\n}\nmod other { pub struct Timer; impl Timer { pub fn delay(&self) {} } }\nfn typed(task: &legacy::Task, timer: &other::Timer) {\n    timer.delay();\n    task.delay();\n    raw::open();\n}\n";
    expect![[r#"
        src/lib.rs:12:10: deny-path: `small::legacy::Task::delay` acts on the world, in `small::typed`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        src/lib.rs:13:5: deny-path: `small::raw` acts on the world, in `small::typed`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        2 findings
        -- exit code 1 --
    "#]].assert_eq(&workspace("denied-module", CLIENT, source));
}

#[test]
fn macros_that_cannot_be_read_are_scanned_and_counted() {
    let source = "fn page() {\n    html! { <p>{ reqwest::Client::new() }</p> }\n    html! { <p class=\"title\"></p> }\n    table! { row <- reqwest::Client::new(), }\n    json!({ \"answer\": reqwest::Client::new() });\n    info!(order = %1, client = ?reqwest::Client::new(), \"paid\");\n}\n";
    expect![[r#"
        src/lib.rs:2:18: deny-path: `reqwest::Client` acts on the world, in `small::page`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        src/lib.rs:4:21: deny-path: `reqwest::Client` acts on the world, in `small::page`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        src/lib.rs:5:23: deny-path: `reqwest::Client` acts on the world, in `small::page`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        src/lib.rs:6:33: deny-path: `reqwest::Client` acts on the world, in `small::page`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        4 findings
        -- stderr --
        note: the arguments of 3 macro calls are not Rust code, so only the paths and the methods named in them were checked: `html!` (2), `table!`
        -- exit code 1 --
    "#]]
    .assert_eq(&workspace("scanned", CLIENT, source));
}

#[test]
fn a_method_that_a_trait_provides_to_any_type_is_followed() {
    let manifest = CLIENT.replace("[\"crate\"]", "[\"crate::orders\"]");
    let source = "pub trait Alert { fn alert(&self); }\nimpl<T> Alert for T {\n    fn alert(&self) { reqwest::Client::new(); }\n}\npub struct Pager;\nmod orders { fn page(pager: &crate::Pager) { pager.alert(); } }\n";
    expect![[r#"
        src/lib.rs:3:23: deny-path: `reqwest::Client` acts on the world, in `small::_::alert`, which `small::orders::page` may call; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        1 finding
        -- exit code 1 --
    "#]]
    .assert_eq(&workspace("blanket", &manifest, source));
}
