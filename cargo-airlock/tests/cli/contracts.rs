//! Tests of `cargo airlock lock` and `cargo airlock check`.

use std::fs;
use std::path::PathBuf;

use expect_test::{Expect, expect};

use crate::fixture::{airlock, scratch, shop, transcript};

/// Writes a lock file of the current program.
fn locked(name: &str) -> PathBuf {
    let file = scratch(name).join("effects.lock");
    let output = airlock(&["lock", &shop(), "--lock-file", &file.to_string_lossy()]);
    assert!(output.status.success(), "{}", transcript(&output));
    file
}

/// Checks the program against a modified lock file.
#[track_caller]
fn check(name: &str, was: &[(&str, &str)], arguments: &[&str], expected: &Expect) {
    let file = locked(name);
    let mut text = fs::read_to_string(&file).expect("it was written");
    for (now, before) in was {
        assert!(text.contains(now), "{now} in {text}");
        text = text.replacen(now, before, 1);
    }
    fs::write(&file, text).expect("it can be written");
    let path = file.to_string_lossy();
    let command = ["check", &shop(), "--lock-file", &path];
    let output = airlock(&[&command, arguments].concat());
    expected.assert_eq(&transcript(&output).replace(&*path, "{lock file}"));
}

#[test]
fn a_lock_file_is_text_that_is_sorted() {
    let text = fs::read_to_string(locked("sorted")).expect("it was written");
    expect![[r#"
        effects.lock 1
        # Written by `cargo airlock lock`; commit it. `cargo airlock check` compares the program with it.

        effect mail.send durable
          alias mail.post
          argument copies: u8
            default
          argument reply_to: Option<String>
            default
          argument text: String
          argument to: String

        effect mail.sweep

        effect orders.index
          argument orders: u64

        boundary shop::checkout
          emits mail.send
          emits orders.index

        boundary shop::import-orders
          emits *

        boundary shop::show
    "#]].assert_eq(&text);
}

#[test]
fn without_changes_all_is_well() {
    check(
        "same",
        &[],
        &[],
        &expect![[r#"
            compatible: 1 durable effect, no durable contract has changed
            -- exit code 0 --
        "#]],
    );
}

#[test]
fn a_compatible_change_passes_and_is_said() {
    check(
        "compatible",
        &[("  argument copies: u8\n    default\n", "")],
        &[],
        &expect![[r#"
            compatible: effect mail.send at mail/src/lib.rs:27
              + argument copies: u8, default
                  a new argument, with a default for stored messages; workers of the previous version ignore it
            compatible: 1 durable effect, 1 change; this version reads every stored message, and workers of the previous version read the new ones; `cargo airlock lock` records it
            -- exit code 0 --
        "#]],
    );
    check(
        "exact",
        &[("  argument copies: u8\n    default\n", "")],
        &["--exact"],
        &expect![[r#"
            compatible: effect mail.send at mail/src/lib.rs:27
              + argument copies: u8, default
                  a new argument, with a default for stored messages; workers of the previous version ignore it
            compatible: 1 durable effect, 1 change; this version reads every stored message, and workers of the previous version read the new ones; `cargo airlock lock` records it
            -- stderr --
            error: the lock file is out of date: run `cargo airlock lock`, and commit it
            -- exit code 1 --
        "#]],
    );
}

#[test]
fn every_breaking_change_is_named_with_its_cure() {
    check(
        "breaking",
        &[
            ("argument to: String", "argument to: Address"),
            (
                "  alias mail.post\n",
                "  alias mail.post\n  alias mail.pigeon\n",
            ),
            (
                "effect mail.sweep\n",
                "effect mail.letter durable\n\neffect mail.sweep\n",
            ),
            ("  argument text: String\n", ""),
            ("  emits mail.send\n", ""),
        ],
        &[],
        &expect![[r#"
            breaking: effect mail.letter
              - effect mail.letter durable
                  stored messages find no effect
                  write instead: `alias("mail.letter")` at the effect, if it has a new name; else keep it until no message of it is left
            breaking: effect mail.send at mail/src/lib.rs:27
              - alias mail.pigeon
                  messages that were stored as `mail.pigeon` find no effect
                  write instead: `alias("mail.pigeon")`, until no such message is left
              - argument to: Address
              + argument to: String
                  stored messages hold `to` in its former form
                  write instead: keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`
              + argument text: String
                  stored messages lack `text`
                  write instead: `#[serde(default)] text: String`, or `text: Option<String>`
            note: boundary shop::checkout
              + emits mail.send
                  it may emit it
            breaking: 4 changes break messages in flight
            -- exit code 1 --
        "#]],
    );
    check(
        "json",
        &[("argument to: String", "argument to: Address")],
        &["--format", "json"],
        &expect![[r#"
            [
              {
                "severity": "breaking",
                "of": "effect mail.send",
                "place": "mail/src/lib.rs:27",
                "before": "  argument to: Address",
                "after": "  argument to: String",
                "means": "stored messages hold `to` in its former form",
                "instead": "keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`"
              }
            ]
            -- exit code 1 --
        "#]],
    );
    check(
        "markdown",
        &[("argument to: String", "argument to: Address")],
        &["--format", "markdown"],
        &expect![[r#"
            |  | of | before | after | means | write instead |
            |---|---|---|---|---|---|
            | breaking | effect mail.send | argument to: Address | argument to: String | stored messages hold \`to\` in its former form | keep \`to\` as it was, and add the new form under another name with \`#\[serde(default)\]\`, or as an \`Option\` |

            breaking: 1 change breaks messages in flight
            -- exit code 1 --
        "#]],
    );
}

#[test]
fn locking_over_a_breaking_change_has_to_be_meant() {
    let file = locked("meant");
    let path = file.to_string_lossy();
    let good = fs::read_to_string(&file).expect("it was written");
    let other = good.replace("argument to: String", "argument to: Address");
    fs::write(&file, &other).expect("it can be written");
    let output = airlock(&["lock", &shop(), "--lock-file", &path]);
    expect![[r#"
        breaking: effect mail.send at mail/src/lib.rs:27
          - argument to: Address
          + argument to: String
              stored messages hold `to` in its former form
              write instead: keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`
        -- stderr --
        error: {lock file} was not changed, because messages in flight would be lost: apply the suggestions above, or pass --accept-breaking
        -- exit code 1 --
    "#]].assert_eq(&transcript(&output).replace(&*path, "{lock file}"));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), other);
    let output = airlock(&["lock", &shop(), "--lock-file", &path, "--accept-breaking"]);
    expect![[r#"
        breaking: effect mail.send at mail/src/lib.rs:27
          - argument to: Address
          + argument to: String
              stored messages hold `to` in its former form
              write instead: keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`
        accepted 1 change that breaks messages in flight
        locked 3 effects and 3 boundaries in {lock file}; commit it
        -- exit code 0 --
    "#]].assert_eq(&transcript(&output).replace(&*path, "{lock file}"));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), good);
}

#[test]
fn a_program_that_would_not_start_is_not_locked() {
    let file = scratch("clash").join("effects.lock");
    let output = airlock(&[
        "lock",
        "--bin",
        "clash",
        "--lock-file",
        &file.to_string_lossy(),
    ]);
    expect![[r#"
        -- stderr --
        error: in binary `clash`, `card.charge` names two effects: `clash::first` at shop/src/bin/clash.rs:6 and `clash::second` at shop/src/bin/clash.rs:14; give one of them another `name = ".."` or drop the alias
        error: in binary `clash`, `mail.post` names two effects: `clash::second` at shop/src/bin/clash.rs:14 and `mail` at mail/src/lib.rs:27; give one of them another `name = ".."` or drop the alias
        -- exit code 1 --
    "#]].assert_eq(&transcript(&output));
    assert!(!file.exists());

    fs::write(&file, "effects.lock 1\n").expect("it can be written");
    let path = file.to_string_lossy();
    let output = airlock(&[
        "check",
        "--bin",
        "clash",
        "--lock-file",
        &path,
        "--format",
        "json",
    ]);
    assert_eq!(output.stdout, b"[]\n", "{}", transcript(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_lock_file_that_is_missing_or_wrong_says_what_to_do() {
    let file = scratch("missing").join("effects.lock");
    let path = file.to_string_lossy();
    let said = |command: &str| {
        let output = airlock(&[command, &shop(), "--lock-file", &path]);
        transcript(&output).replace(&*path, "{lock file}")
    };
    expect![[r#"
        -- stderr --
        error: there is no lock file {lock file}: write it by `cargo airlock lock`, and commit it
        -- exit code 2 --
    "#]]
    .assert_eq(&said("check"));
    fs::write(&file, "effects.lock 1\n\neffect a\n  <<<<<<< main\n").expect("it can be written");
    expect![[r#"
        -- stderr --
        error: cannot read {lock file}
          caused by: line 4: `<<<<<<< main` is not understood here: restore it from version control, or delete it and run `cargo airlock lock`
        -- exit code 2 --
    "#]].assert_eq(&said("check"));
    expect![[r#"
        -- stderr --
        error: cannot read {lock file}
          caused by: line 4: `<<<<<<< main` is not understood here: restore it from version control, or delete it and run `cargo airlock lock`
        -- exit code 2 --
    "#]].assert_eq(&said("lock"));
}
