//! Tests of `cargo airlock lint`.

use std::fs;

use expect_test::{Expect, expect};

use crate::fixture::{airlock, scratch, transcript};

/// Lints the legacy code base, which bypasses airlock.
fn lint(arguments: &[&str]) -> String {
    let manifest = format!("{}/tests/legacy/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    let command = ["lint", "--manifest-path", &manifest];
    transcript(&airlock(&[&command, arguments].concat()))
}

#[track_caller]
fn check(arguments: &[&str], expected: &Expect) {
    expected.assert_eq(&lint(arguments));
}

#[test]
fn what_acts_around_airlock_is_found() {
    check(
        &[],
        &expect![[r#"
            clients/src/lib.rs:5:29: deny-path: `reqwest::Client` acts on the world, in `clients::inner::http_client`, which `legacy::orders::shipping::ship` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            clients/src/lib.rs:6:9: deny-path: `reqwest::Client` acts on the world, in `clients::inner::http_client`, which `legacy::orders::shipping::ship` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            legacy/src/http.rs:7:10: deny-path: `reqwest::Client` acts on the world, in `legacy::http::post`, which `legacy::orders::Order::process` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            legacy/src/http.rs:10:17: deny-path: `reqwest::Client` acts on the world, in `legacy::http::send`, which `legacy::http::post` calls, which `legacy::orders::Order::process` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            legacy/src/http.rs:11:12: deny-path: `reqwest::Client` acts on the world, in `legacy::http::send`, which `legacy::http::post` calls, which `legacy::orders::Order::process` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            legacy/src/lib.rs:22:23: perform-now: `perform_now` performs an effect around every scope and policy, in `legacy::hurry`; write `airlock::enqueue(..)` instead, or move it into a test
            legacy/src/lib.rs:23:13: perform-now: `perform_now_async` performs an effect around every scope and policy, in `legacy::hurry`; write `airlock::enqueue(..)` instead, or move it into a test
            legacy/src/mail.rs:8:17: deny-path: `lettre` acts on the world, in `legacy::mail::Outgoing::deliver_mail`, which `legacy::orders::Order::process` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            legacy/src/orders/mod.rs:15:20: deny-path: `reqwest::Client` acts on the world, in `legacy::orders::Order`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            legacy/src/orders/mod.rs:21:9: spawn: `tokio::spawn` starts work that no scope sees, in `legacy::orders::Order::process`; write an `#[airlock::effect]` and enqueue its intent instead
            legacy/src/orders/mod.rs:22:9: spawn: `tokio::task::spawn_blocking` starts work that no scope sees, in `legacy::orders::Order::process`; write an `#[airlock::effect]` and enqueue its intent instead
            legacy/src/orders/mod.rs:23:9: spawn: `std::thread::spawn` starts work that no scope sees, in `legacy::orders::Order::process`; write an `#[airlock::effect]` and enqueue its intent instead
            legacy/src/orders/mod.rs:24:9: spawn: `tokio::task::spawn_local` starts work that no scope sees, in `legacy::orders::Order::process`; write an `#[airlock::effect]` and enqueue its intent instead
            legacy/src/orders/mod.rs:33:22: spawn: `actix_web::rt::spawn` starts work that no scope sees, in `legacy::orders::Order::finish`; write an `#[airlock::effect]` and enqueue its intent instead
            legacy/src/orders/shipping.rs:8:13: spawn: `std::process::Command` starts work that no scope sees, in `legacy::orders::shipping::ship`; write an `#[airlock::effect]` and enqueue its intent instead
            15 findings
            -- exit code 1 --
        "#]],
    );
}

#[test]
fn only_the_packages_that_are_named() {
    check(
        &["-p", "clients", "--domain", "clients"],
        &expect![[r#"
            clients/src/lib.rs:5:29: deny-path: `reqwest::Client` acts on the world, in `clients::inner::http_client`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            clients/src/lib.rs:6:9: deny-path: `reqwest::Client` acts on the world, in `clients::inner::http_client`; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
            2 findings
            -- exit code 1 --
        "#]],
    );
    check(
        &["-p", "cleints"],
        &expect![[r#"
            -- stderr --
            error: no package is named `cleints`; there are: `legacy`, `clients`; did you mean `clients`?
            -- exit code 2 --
        "#]],
    );
}

#[test]
fn the_command_line_adds_domains_and_paths() {
    check(
        &[
            "-p",
            "legacy",
            "--domain",
            "crate::http",
            "--deny-path",
            "clients::ping",
            "--format",
            "markdown",
        ],
        &expect![[r#"
            | place | rule | message |
            |---|---|---|
            | legacy/src/http.rs:7:10 | deny-path | \`reqwest::Client\` acts on the world, in \`legacy::http::post\`; write an \`#\[airlock::effect\]\` that takes it as a \`#\[resource\]\`, and enqueue its intent instead |
            | legacy/src/http.rs:10:17 | deny-path | \`reqwest::Client\` acts on the world, in \`legacy::http::send\`; write an \`#\[airlock::effect\]\` that takes it as a \`#\[resource\]\`, and enqueue its intent instead |
            | legacy/src/http.rs:11:12 | deny-path | \`reqwest::Client\` acts on the world, in \`legacy::http::send\`; write an \`#\[airlock::effect\]\` that takes it as a \`#\[resource\]\`, and enqueue its intent instead |
            | legacy/src/lib.rs:22:23 | perform-now | \`perform\_now\` performs an effect around every scope and policy, in \`legacy::hurry\`; write \`airlock::enqueue(..)\` instead, or move it into a test |
            | legacy/src/lib.rs:23:13 | perform-now | \`perform\_now\_async\` performs an effect around every scope and policy, in \`legacy::hurry\`; write \`airlock::enqueue(..)\` instead, or move it into a test |
            | legacy/src/mail.rs:8:17 | deny-path | \`lettre\` acts on the world, in \`legacy::mail::Outgoing::deliver\_mail\`, which \`legacy::orders::Order::process\` calls; write an \`#\[airlock::effect\]\` that takes it as a \`#\[resource\]\`, and enqueue its intent instead |
            | legacy/src/orders/mod.rs:15:20 | deny-path | \`reqwest::Client\` acts on the world, in \`legacy::orders::Order\`; write an \`#\[airlock::effect\]\` that takes it as a \`#\[resource\]\`, and enqueue its intent instead |
            | legacy/src/orders/mod.rs:21:9 | spawn | \`tokio::spawn\` starts work that no scope sees, in \`legacy::orders::Order::process\`; write an \`#\[airlock::effect\]\` and enqueue its intent instead |
            | legacy/src/orders/mod.rs:22:9 | spawn | \`tokio::task::spawn\_blocking\` starts work that no scope sees, in \`legacy::orders::Order::process\`; write an \`#\[airlock::effect\]\` and enqueue its intent instead |
            | legacy/src/orders/mod.rs:23:9 | spawn | \`std::thread::spawn\` starts work that no scope sees, in \`legacy::orders::Order::process\`; write an \`#\[airlock::effect\]\` and enqueue its intent instead |
            | legacy/src/orders/mod.rs:24:9 | spawn | \`tokio::task::spawn\_local\` starts work that no scope sees, in \`legacy::orders::Order::process\`; write an \`#\[airlock::effect\]\` and enqueue its intent instead |
            | legacy/src/orders/mod.rs:32:24 | deny-path | \`clients::ping\` acts on the world, in \`legacy::orders::Order::finish\`; write an \`#\[airlock::effect\]\` that takes it as a \`#\[resource\]\`, and enqueue its intent instead |
            | legacy/src/orders/mod.rs:33:22 | spawn | \`actix\_web::rt::spawn\` starts work that no scope sees, in \`legacy::orders::Order::finish\`; write an \`#\[airlock::effect\]\` and enqueue its intent instead |
            | legacy/src/orders/shipping.rs:8:13 | spawn | \`std::process::Command\` starts work that no scope sees, in \`legacy::orders::shipping::ship\`; write an \`#\[airlock::effect\]\` and enqueue its intent instead |

            14 findings
            -- exit code 1 --
        "#]],
    );
}

#[test]
fn a_domain_that_is_no_module_is_an_error() {
    check(
        &["--domain", "legacy::oders"],
        &expect![[r#"
        -- stderr --
        error: no module is named `legacy::oders`, did you mean `legacy::orders`?
        -- exit code 2 --
    "#]],
    );
    check(
        &["--domain", "crate::orders"],
        &expect![[r#"
            -- stderr --
            error: `--domain` says `crate::orders`, but `crate` has no meaning there: write the name of the crate, such as `shop::orders`
            -- exit code 2 --
        "#]],
    );
}

#[test]
fn what_is_known_does_not_fail_and_what_is_cured_is_told() {
    let todo = scratch("todo").join("todo.txt");
    let path = todo.to_string_lossy();
    let with = |arguments: &[&str]| {
        let said = lint(&[&["--todo", &path], arguments].concat());
        said.replace(&*path, "{todo}")
    };
    expect![[r#"
        known: 15 findings in {todo}; from now on, only additional findings fail
        -- exit code 0 --
    "#]]
    .assert_eq(&with(&["--write-todo"]));
    let written = fs::read_to_string(&todo).expect("it was written");
    expect![[r#"
        airlock-todo 1
        # What `cargo airlock lint` found when this was written: count, rule, path, file.
        # Additional findings fail. After fixing code, shorten the list with `cargo airlock lint --write-todo`.
        2 deny-path reqwest::Client clients/src/lib.rs
        3 deny-path reqwest::Client legacy/src/http.rs
        1 perform-now perform_now legacy/src/lib.rs
        1 perform-now perform_now_async legacy/src/lib.rs
        1 deny-path lettre legacy/src/mail.rs
        1 deny-path reqwest::Client legacy/src/orders/mod.rs
        1 spawn actix_web::rt::spawn legacy/src/orders/mod.rs
        1 spawn std::thread::spawn legacy/src/orders/mod.rs
        1 spawn tokio::spawn legacy/src/orders/mod.rs
        1 spawn tokio::task::spawn_blocking legacy/src/orders/mod.rs
        1 spawn tokio::task::spawn_local legacy/src/orders/mod.rs
        1 spawn std::process::Command legacy/src/orders/shipping.rs
    "#]].assert_eq(&written);
    expect![[r#"
        no findings; 15 known
        -- exit code 0 --
    "#]]
    .assert_eq(&with(&[]));

    // One of them was fixed, and another of a known kind was added.
    let other = written
        .replace("1 spawn tokio::spawn", "2 spawn tokio::spawn")
        .replace(
            "3 deny-path reqwest::Client legacy/src/http.rs",
            "2 deny-path reqwest::Client legacy/src/http.rs",
        );
    assert_ne!(other, written);
    fs::write(&todo, other).expect("it can be written");
    expect![[r#"
        legacy/src/http.rs:7:10: deny-path: `reqwest::Client` acts on the world, in `legacy::http::post`, which `legacy::orders::Order::process` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        legacy/src/http.rs:10:17: deny-path: `reqwest::Client` acts on the world, in `legacy::http::send`, which `legacy::http::post` calls, which `legacy::orders::Order::process` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        legacy/src/http.rs:11:12: deny-path: `reqwest::Client` acts on the world, in `legacy::http::send`, which `legacy::http::post` calls, which `legacy::orders::Order::process` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        3 findings; 15 known
        -- stderr --
        note: cured: legacy/src/orders/mod.rs: spawn of `tokio::spawn`: 2 known, 1 left; update the list with --write-todo
        -- exit code 1 --
    "#]].assert_eq(&with(&[]));

    fs::write(&todo, "airlock-todo 1\nsome spawn\n").expect("it can be written");
    expect![[r#"
        -- stderr --
        error: cannot read {todo}
          caused by: line 2 of the todo file is not understood: write it by `cargo airlock lint --write-todo`
        -- exit code 2 --
    "#]].assert_eq(&with(&[]));
}

/// Lints a workspace with one package of one file.
pub(crate) fn workspace(name: &str, metadata: &str, source: &str) -> String {
    files(name, metadata, &[("src/lib.rs", source)], &[])
}

/// Lints a workspace with one package of several files.
pub(crate) fn files(
    name: &str,
    metadata: &str,
    files: &[(&str, &str)],
    arguments: &[&str],
) -> String {
    let folder = scratch(name);
    let manifest = format!(
        "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n{metadata}\n"
    );
    for (file, text) in files.iter().chain(&[("Cargo.toml", &*manifest)]) {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().expect("it is in the folder")).expect("it is ours");
        fs::write(file, text).expect("it can be written");
    }
    let manifest = folder.join("Cargo.toml").to_string_lossy().into_owned();
    let command = ["lint", "--manifest-path", &manifest];
    transcript(&airlock(&[&command, arguments].concat()))
        .replace(&*folder.to_string_lossy(), "{folder}")
}

#[test]
fn a_library_and_a_program_may_have_functions_of_one_name() {
    let metadata = "[package.metadata.airlock]\ndomain = [\"crate::orders\"]\ndeny-paths = [\"reqwest::Client\"]\n\n[dependencies]\nreqwest = \"0.12\"";
    expect![[r#"
        src/lib.rs:3:17: deny-path: `reqwest::Client` acts on the world, in `small::send`, which `small::orders::ship` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        1 finding
        -- exit code 1 --
    "#]].assert_eq(&files(
        "two-crates",
        metadata,
        &[
            (
                "src/lib.rs",
                "mod orders { fn ship() { crate::send(); } }\nuse reqwest::Client as Outside;\npub fn send() { Outside::new(); }\n",
            ),
            (
                "src/main.rs",
                "fn send() {}\nfn main() {}\n",
            ),
        ],
        &[],
    ));
}

#[test]
fn methods_with_names_of_the_standard_library_are_followed_where_their_type_is_named() {
    let metadata = "[package.metadata.airlock]\ndomain = [\"crate::orders\"]\ndeny-paths = [\"reqwest\"]\n\n[dependencies]\nreqwest = \"0.12\"";
    let http = "pub struct Http;\nimpl Http {\n    pub fn get(&self) { reqwest::get(); }\n    pub fn push(&self) { reqwest::get(); }\n}\nmod orders;\n";
    let orders = "use crate::Http;\nfn known(map: HashMap<u8, u8>) { map.get(&1); }\nfn posted(http: &Http) { http.push(); }\n";
    let files = |orders| {
        files(
            "std-names",
            metadata,
            &[("src/lib.rs", http), ("src/orders.rs", orders)],
            &[],
        )
    };
    expect![[r#"
        src/lib.rs:4:26: deny-path: `reqwest` acts on the world, in `small::Http::push`, which `small::orders::posted` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        1 finding
        -- exit code 1 --
    "#]].assert_eq(&files(orders));
}

#[test]
fn what_starts_work_is_known_in_its_usual_forms() {
    let metadata = "[package.metadata.airlock]\ndomain = [\"crate\"]";
    let source = "use tokio::runtime::Handle;\nfn go() {\n    Handle::current().spawn(async {});\n    tokio::task::Builder::new();\n    tokio::task::LocalSet::new();\n    actix_rt::Arbiter::current().spawn(async {});\n    std::thread::scope(|_| ());\n    rayon::scope(|_| ());\n    tokio_util::task::TaskTracker::new();\n    tokio::runtime::Runtime::new();\n}\n";
    expect![[r#"
        src/lib.rs:3:5: spawn: `tokio::runtime::Handle` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        src/lib.rs:4:5: spawn: `tokio::task::Builder` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        src/lib.rs:5:5: spawn: `tokio::task::LocalSet` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        src/lib.rs:6:5: spawn: `actix_rt::Arbiter` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        src/lib.rs:7:5: spawn: `std::thread::scope` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        src/lib.rs:8:5: spawn: `rayon::scope` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        src/lib.rs:9:5: spawn: `tokio_util::task::TaskTracker` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        src/lib.rs:10:5: spawn: `tokio::runtime::Runtime` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        8 findings
        -- exit code 1 --
    "#]].assert_eq(&workspace("spawns", metadata, source));
}

#[test]
fn renamed_dependencies_are_seen_through() {
    let metadata = "[package.metadata.airlock]\ndomain = [\"crate\"]\ndeny-paths = [\"reqwest::Client\"]\n\n[dependencies]\nrt = { package = \"tokio\", version = \"1\" }\nclients = { package = \"ord-ers\", path = \"orders\" }\n\n[workspace.dependencies]\n";
    let metadata = format!("{metadata}reqwest = \"0.12\"");
    expect![[r#"
        orders/src/lib.rs:1:17: deny-path: `reqwest::Client` acts on the world, in `ord_ers::post`, which `small::go` calls; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead
        src/lib.rs:1:11: spawn: `tokio::spawn` starts work that no scope sees, in `small::go`; write an `#[airlock::effect]` and enqueue its intent instead
        src/lib.rs:2:28: spawn: `tokio::task::spawn` starts work that no scope sees, in `small::again`; write an `#[airlock::effect]` and enqueue its intent instead
        3 findings
        -- exit code 1 --
    "#]].assert_eq(&files(
        "renamed",
        &metadata,
        &[
            ("src/lib.rs", "fn go() { rt::spawn(async {}); clients::post(); }\nfn again() { use rt::task; task::spawn(async {}); }\n"),
            ("orders/Cargo.toml", "[package]\nname = \"ord-ers\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
            ("orders/src/lib.rs", "pub fn post() { reqwest::Client::new(); }\n"),
        ],
        &[],
    ));
}

#[test]
fn without_a_domain_it_says_what_it_left_out() {
    expect![[r#"
        no findings
        -- stderr --
        note: no domain is configured, so only `perform_now` and guards held across an await were checked; write `domain = ["crate::orders"]` under `[package.metadata.airlock]`, or give --domain
        -- exit code 0 --
    "#]].assert_eq(&workspace(
        "no-domain",
        "",
        "fn main() { tokio::spawn(async {}); }",
    ));
}

#[test]
fn a_configuration_that_is_wrong_is_an_error() {
    let unknown = "[package.metadata.airlock]\ndomains = [\"crate\"]";
    expect![[r#"
        -- stderr --
        error: `small: package.metadata.airlock.domains` is unknown; there are: domain, deny-paths
        -- exit code 2 --
    "#]]
    .assert_eq(&workspace("unknown-key", unknown, ""));
    let text = "[package.metadata.airlock]\ndomain = \"crate\"";
    expect![[r#"
        -- stderr --
        error: `small: package.metadata.airlock.domain` is a list of paths, such as `["crate::orders"]`
        -- exit code 2 --
    "#]].assert_eq(&workspace("not-a-list", text, ""));
    let nowhere = "[workspace.metadata.airlock]\ndomain = [\"crate::orders\"]";
    expect![[r#"
        -- stderr --
        error: `workspace.metadata.airlock.domain` says `crate::orders`, but `crate` has no meaning there: write the name of the crate, such as `shop::orders`
        -- exit code 2 --
    "#]].assert_eq(&workspace("no-crate", nowhere, ""));
}

#[test]
fn what_cannot_be_read_is_said() {
    let domain = "[package.metadata.airlock]\ndomain = [\"crate\"]";
    expect![[r#"
        src/lib.rs:4:13: spawn: `std::thread::spawn` starts work that no scope sees, in `small::work`; write an `#[airlock::effect]` and enqueue its intent instead
        1 finding
        -- stderr --
        note: not checked, because it cannot be read: src/lib.rs: the file of `mod gone` is not there
        -- exit code 1 --
    "#]].assert_eq(&workspace(
        "unread",
        domain,
        "mod gone;\n#[cfg(any())]\nmod away;\nfn work() { spawn(); }\nuse std::thread::spawn;\n",
    ));
    expect![[r#"
        -- stderr --
        error: cannot read all modules:
          src/lib.rs:1:10: cannot parse string into token stream
        -- exit code 2 --
    "#]]
    .assert_eq(&workspace("unparsed", domain, "fn work( {\n"));
}

/// The inner modules of a file named by `#[path]` are next to it.
#[test]
fn modules_of_a_file_that_is_named_by_its_path_are_found() {
    let domain = "[package.metadata.airlock]\ndomain = [\"crate\"]";
    let source = [
        ("src/lib.rs", "#[path = \"other/entry.rs\"]\nmod named;\n"),
        ("src/other/entry.rs", "mod inner;\n"),
        (
            "src/other/inner.rs",
            "fn work() { std::thread::spawn(|| {}); }\n",
        ),
    ];
    let found = files("by-path", domain, &source, &[]);
    assert!(found.contains("src/other/inner.rs:1:13: spawn"), "{found}");
    assert!(!found.contains("not read"), "{found}");
}

#[test]
fn a_path_that_denies_nothing_is_told() {
    let metadata = "[dependencies]\nreqwest = \"0.12\"\nweb = { package = \"actix-web\", version = \"4\" }\n\n[package.metadata.airlock]\ndomain = [\"crate\"]\ndeny-paths = [\"reqwest::Client\", \"std::fs\", \"crate::raw\", \"actix_web\", \"web::client\", \"reqest::Client\", \"ureq\"]";
    expect![[r#"
        no findings
        -- stderr --
        note: no package depends on the `web` of `web::client`; write the name of the crate, `actix_web`
        note: no package depends on the `reqest` of `reqest::Client`; did you mean `reqwest`?
        -- exit code 0 --
    "#]].assert_eq(&workspace("denied", metadata, ""));
}

#[test]
fn without_all_of_the_source_nothing_is_said_to_be_right() {
    let todo = scratch("half-todo").join("todo.txt");
    let source = [
        ("src/lib.rs", "mod broken;\n"),
        ("src/broken.rs", "fn work( {\n"),
    ];
    expect![[r#"
        -- stderr --
        error: cannot read all modules:
          src/broken.rs:1:10: cannot parse string into token stream
        -- exit code 2 --
    "#]]
    .assert_eq(&files("half", "", &source, &[]));
    expect![[r#"
        -- stderr --
        error: cannot read all modules:
          src/broken.rs:1:10: cannot parse string into token stream
        -- exit code 2 --
    "#]]
    .assert_eq(&files(
        "half",
        "",
        &source,
        &["--write-todo", "--todo", &todo.to_string_lossy()],
    ));
    assert!(!todo.exists());
}

#[test]
fn what_is_known_of_other_packages_is_kept() {
    let todo = scratch("todo-of-packages").join("todo.txt");
    let path = todo.to_string_lossy();
    let lint = |arguments: &[&str]| lint(&[&["--todo", &path], arguments].concat());
    lint(&["--write-todo"]);
    let whole = fs::read_to_string(&todo).expect("it was written");
    expect![[r#"
        no findings; 2 known
        -- exit code 0 --
    "#]]
    .assert_eq(&lint(&["-p", "clients"]));
    let cured = whole.replace(
        "2 deny-path reqwest::Client clients",
        "3 deny-path reqwest::Client clients",
    );
    assert_ne!(cured, whole);
    fs::write(&todo, cured).expect("it can be written");
    lint(&["-p", "clients", "--write-todo"]);
    let after = fs::read_to_string(&todo).expect("it was written");
    assert_eq!(after, whole);
}

#[test]
fn the_domain_of_the_example_shop_acts_on_nothing() {
    let manifest = format!("{}/../Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    let lint = |more: &[&str]| {
        let command = ["lint", "-p", "shop", "--manifest-path", &manifest];
        airlock(&[&command, more].concat())
    };
    expect![[r#"
        no findings
        -- exit code 0 --
    "#]]
    .assert_eq(&transcript(&lint(&[])));
    // The lint does look: the store is outside the domain, and has findings.
    assert_eq!(lint(&["--domain", "shop::store"]).status.code(), Some(1));
}
