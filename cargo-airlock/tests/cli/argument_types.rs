//! Tests of `cargo airlock lock` and `check` after a change of a program, in the types of its arguments.

use std::fs;
use std::path::PathBuf;

use expect_test::expect;

use crate::fixture::{airlock, root, scratch, transcript};

/// A program whose source changes between `lock` and `check`.
struct Program {
    folder: PathBuf,
}

impl Program {
    fn new(name: &str) -> Self {
        let folder = scratch(name);
        let airlock = root().join("../../..");
        let manifest = format!(
            "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             airlock = {{ package = \"airlock-effects\", path = {airlock:?}, features = [\"serde\"] }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest).expect("it can be written");
        // With its versions, cargo needs no network.
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("it is there");
        fs::create_dir(folder.join("src")).expect("it is a new folder");
        Self { folder }
    }

    /// Runs a command after changing the effect `mail.send` and what is beside it.
    fn run(&self, command: &[&str], arguments: &str, rest: &str) -> String {
        let source = format!(
            "{rest}\n#[airlock::effect(durable, name = \"mail.send\")]\nfn send({arguments}) {{}}\nfn main() {{}}\n"
        );
        fs::write(self.folder.join("src/main.rs"), source).expect("it can be written");
        let manifest = self.folder.join("Cargo.toml");
        let manifest = ["--offline", "--manifest-path", &manifest.to_string_lossy()];
        let text = transcript(&airlock(&[command, &manifest].concat()));
        text.replace(&*self.folder.to_string_lossy(), "{folder}")
    }
}

const TYPES: &str = "#![allow(dead_code, unused)]
mod types {
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    pub struct Address { pub street: String }
    pub type Email = String;
    pub type Maybe<T> = Option<T>;
}
use types::{Address, Email, Maybe};
";

#[test]
fn a_type_that_is_only_written_in_another_way_has_not_changed() {
    let program = Program::new("rewritten");
    let before = "to: String, place: Address, lines: Vec<(String, u8)>, cc: Option<String>";
    let locked = program.run(&["lock"], before, TYPES);
    assert!(locked.contains("locked"), "{locked}");
    let after = "to: std::string::String, place: crate::types::Address, lines: Vec<(String, u8,)>, cc: Maybe<Email>";
    expect![[r#"
        compatible: 1 durable effect, no durable contract has changed
        -- stderr --
        note: compared by name only: `Address`; a change inside these types is not seen here: test them with `airlock::testing::golden!`
        -- exit code 0 --
    "#]]
    .assert_eq(&program.run(&["check", "--exact"], after, TYPES));

    let explained = program.run(&["explain", "mail.send"], after, TYPES);
    let arguments: String = explained
        .lines()
        .filter(|line| line.contains("  argument") || line.contains("  contract"))
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    expect![[r#"
          argument   to: std::string::String
          argument   place: crate::types::Address
          argument   lines: Vec<(String, u8, )>
          argument   cc: Maybe<Email> (an alias of Option<String>, may be missing in a stored message)
          contract   as locked in {folder}/effects.lock
    "#]]
    .assert_eq(&arguments);
}

#[test]
fn a_change_behind_an_alias_is_seen() {
    let program = Program::new("aliased");
    let locked = program.run(&["lock"], "to: Email", TYPES);
    assert!(locked.contains("locked"), "{locked}");
    let changed = TYPES.replace("Email = String", "Email = u64");
    expect![[r#"
        breaking: effect mail.send at src/main.rs:11
          - argument to: String
          + argument to: u64
              stored messages hold `to` in its former form
              write instead: keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`
        breaking: 1 change breaks messages in flight
        -- exit code 1 --
    "#]].assert_eq(&program.run(&["check"], "to: Email", &changed));
}
