//! Tests of comments that allow a finding of `cargo airlock lint`.

use expect_test::{Expect, expect};

use crate::fixture::scratch;
use crate::lints::{files, workspace};

const DOMAIN: &str = "[package.metadata.airlock]\ndomain = [\"crate\"]";

#[track_caller]
fn check(name: &str, source: &str, expected: &Expect) {
    expected.assert_eq(&workspace(name, DOMAIN, source));
}

#[test]
fn a_comment_with_a_reason_allows_one_line() {
    let source = r#"
fn warm() {
    // airlock: allow(spawn, reason = "it only fills a cache")
    std::thread::spawn(|| ());
    std::thread::spawn(|| ());
    std::thread::spawn(|| ()); // airlock: allow(spawn, reason = "it only fills a cache")
}
fn chained() {
    std::thread::Builder::new();
    // airlock: allow(spawn, reason = "an old job")
    // TODO: remove it
    #[expect(unused)]
    let job = std::thread::Builder::new()
        .spawn(|| ());
}
"#;
    check(
        "allowed",
        source,
        &expect![[r#"
            src/lib.rs:5:5: spawn: `std::thread::spawn` starts work that no scope sees, in `small::warm`; write an `#[airlock::effect]` and enqueue its intent instead
            src/lib.rs:9:5: spawn: `std::thread::Builder` starts work that no scope sees, in `small::chained`; write an `#[airlock::effect]` and enqueue its intent instead
            2 findings; 3 allowed by comments
            -- exit code 1 --
        "#]],
    );
}

#[test]
fn a_comment_that_allows_nothing_is_told() {
    let source = r#"
fn warm() {
    std::thread::spawn(|| ()); // airlock: allow(spawn)
    std::thread::spawn(|| ()); // airlock: allow(spawn, reason = "")
    std::thread::spawn(|| ()); // airlock: allow(spwan, reason = "a cache")
    std::thread::spawn(|| ()); // airlock: ignore
    std::thread::spawn(|| ()); // airlock: allow(deny-path, reason = "the wrong rule")
    // airlock: allow(spawn, reason = "it is gone")
}
"#;
    check(
        "allowed-nothing",
        source,
        &expect![[r#"
            src/lib.rs:3:5: spawn: `std::thread::spawn` starts work that no scope sees, in `small::warm`; write an `#[airlock::effect]` and enqueue its intent instead
            src/lib.rs:4:5: spawn: `std::thread::spawn` starts work that no scope sees, in `small::warm`; write an `#[airlock::effect]` and enqueue its intent instead
            src/lib.rs:5:5: spawn: `std::thread::spawn` starts work that no scope sees, in `small::warm`; write an `#[airlock::effect]` and enqueue its intent instead
            src/lib.rs:6:5: spawn: `std::thread::spawn` starts work that no scope sees, in `small::warm`; write an `#[airlock::effect]` and enqueue its intent instead
            src/lib.rs:7:5: spawn: `std::thread::spawn` starts work that no scope sees, in `small::warm`; write an `#[airlock::effect]` and enqueue its intent instead
            5 findings
            -- stderr --
            note: src/lib.rs:3: this comment gives no reason, so it allows nothing; write `// airlock: allow(spawn, reason = "..")`, with the reason in the quotes
            note: src/lib.rs:4: this comment gives no reason, so it allows nothing; write `// airlock: allow(spawn, reason = "..")`, with the reason in the quotes
            note: src/lib.rs:5: no rule is named `spwan`; there are: perform-now, await-holding-guard, spawn, deny-path; did you mean `spawn`?
            note: src/lib.rs:6: this comment allows nothing; write `// airlock: allow(deny-path, reason = "..")`, with the reason in the quotes
            note: src/lib.rs:7: line 7 has no finding of the rule `deny-path`; remove the comment that allows it
            note: src/lib.rs:8: line 9 has no finding of the rule `spawn`; remove the comment that allows it
            -- exit code 1 --
        "#]],
    );
}

#[test]
fn strings_and_documentation_are_no_comments() {
    let source = r##"
/// // airlock: allow(spawn)
fn warm() {
    let _ = "// airlock: allow(spawn, reason = \"a string\")"; std::thread::spawn(|| ());
    let _ = r#"
    // airlock: allow(spawn, reason = "a string")"#; std::thread::spawn(|| ());
}
"##;
    check(
        "allowed-strings",
        source,
        &expect![[r#"
            src/lib.rs:4:64: spawn: `std::thread::spawn` starts work that no scope sees, in `small::warm`; write an `#[airlock::effect]` and enqueue its intent instead
            src/lib.rs:6:54: spawn: `std::thread::spawn` starts work that no scope sees, in `small::warm`; write an `#[airlock::effect]` and enqueue its intent instead
            2 findings
            -- exit code 1 --
        "#]],
    );
}

#[test]
fn rules_that_are_not_checked_leave_their_comments_alone() {
    let source = "fn warm() { std::thread::spawn(|| ()); } // airlock: allow(spawn, reason = \"it fills a cache\")\n";
    let said = workspace("allowed-unchecked", "", source);
    assert!(!said.contains("remove the comment"), "{said}");
}

#[test]
fn what_is_allowed_is_not_counted_in_the_todo_file() {
    let todo = scratch("todo-allowed").join("todo.txt");
    let source = "fn warm() {\n    std::thread::spawn(|| ());\n    std::thread::spawn(|| ()); // airlock: allow(spawn, reason = \"it fills a cache\")\n}\n";
    let path = todo.to_string_lossy();
    let arguments = ["--write-todo", "--todo", &path];
    files(
        "allowed-todo",
        DOMAIN,
        &[("src/lib.rs", source)],
        &arguments,
    );
    let written = std::fs::read_to_string(&todo).expect("it was written");
    assert!(
        written.ends_with("\n1 spawn std::thread::spawn src/lib.rs\n"),
        "{written}"
    );
}
