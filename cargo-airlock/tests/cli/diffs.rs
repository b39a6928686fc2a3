//! Tests of `cargo airlock diff`.

use std::path::Path;
use std::process::Command;

use expect_test::expect;

use crate::fixture::{airlock_in, build, check, scratch, shop, target, transcript};

const OLD: &str = r#"
/// Mails a text.
#[airlock::effect(durable, name = "mail.send", key = to)]
fn send(to: String, text: String) { let _ = (to, text); }

/// Charges a card.
#[airlock::effect(name = "card.charge", redact(card))]
fn charge(card: String) { let _ = card; }

#[airlock::boundary(emits(SendIntent), on_flush_error = log)]
fn checkout() {}

fn main() { checkout(); let _ = (send(String::new(), String::new()), charge(String::new())); }
"#;

/// Creates a repository with a program in two commits, of which the first has the tag `before`.
fn repository(name: &str) -> std::path::PathBuf {
    let folder = scratch(name);
    let airlock = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = format!(
        "[package]\nname = \"versions\"\nedition = \"2024\"\n[workspace]\n[profile.dev]\ndebug = false\n[dependencies]\n\
         airlock = {{ package = \"airlock-effects\", path = {airlock:?}, features = [\"serde\"] }}\n"
    );
    std::fs::create_dir_all(folder.join("src")).expect("it is ours");
    let write = |path: &str, text: &str| std::fs::write(folder.join(path), text);
    write("Cargo.toml", &manifest).expect("it is ours");
    // With the versions that the fixture has, so that nothing is looked up.
    let lock = include_str!("../fixture/Cargo.lock");
    write("Cargo.lock", lock).expect("it is ours");
    write("src/main.rs", OLD).expect("it is ours");
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "--message", "before"]);
    git(&folder, &["tag", "before"]);
    let new = OLD
        .replace(", key = to", "")
        .replace(
            "text: String) {",
            "text: String, #[serde(default)] copies: u8) { let _ = copies;",
        )
        .replace(
            "String::new(), String::new())",
            "String::new(), String::new(), 1)",
        )
        .replace("emits(SendIntent)", "emits(SendIntent, Charge)");
    write("src/main.rs", &new).expect("it is ours");
    git(
        &folder,
        &["commit", "--quiet", "--all", "--message", "after"],
    );
    folder
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args([
            "-c",
            "user.name=airlock",
            "-c",
            "user.email=airlock@example.com",
        ])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .expect("there is a git");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn two_revisions_are_built_and_compared() {
    let folder = repository("revisions");
    let built = target().to_string_lossy().into_owned();
    let run = |arguments: &[&str]| {
        let options = ["--offline", "--target-dir", &built];
        let output = airlock_in(&folder, &[&["diff"], arguments, &options].concat());
        transcript(&output)
    };
    expect![[r#"
        what boundaries may emit
          boundary            may now emit  declared at
          versions::checkout  card.charge   src/main.rs:11
        contracts of durable effects
        compatible: effect mail.send at src/main.rs:4
          + argument copies: u8, default
              a new argument, with a default for stored messages; workers of the previous version ignore it
        effects
          effect     what  before  after  means                                                                                         declared at
          mail.send  key   to      —      it lost its key: equal intents are no longer coalesced, and repetitions no longer recognised  src/main.rs:4
        -- exit code 0 --
    "#]].assert_eq(&run(&["before", "HEAD"]));
    expect![[r#"
        ### Effects: `before` → `the working tree`

        #### What boundaries may emit

        | boundary | may now emit | declared at |
        |---|---|---|
        | versions::checkout | card.charge | src/main.rs:11 |

        #### Contracts of durable effects

        |  | of | after | means |
        |---|---|---|---|
        | compatible | effect mail.send | argument copies: u8, default | a new argument, with a default for stored messages; workers of the previous version ignore it |

        #### Effects

        | effect | what | before | after | means | declared at |
        |---|---|---|---|---|---|
        | mail.send | key | to | — | it lost its key: equal intents are no longer coalesced, and repetitions no longer recognised | src/main.rs:4 |
        -- exit code 0 --
    "#]].assert_eq(&run(&["before", "--format", "markdown"]));
    expect![[r#"
        no difference: the same effects, the same contracts, and each boundary may emit what it could
        -- exit code 0 --
    "#]].assert_eq(&run(&["HEAD", "HEAD"]));
    expect![[r#"
        -- stderr --
        error: `no-such-tag` is neither a file nor a revision of this repository: give the path of a built file, or a branch, tag or commit; a shallow clone has to fetch it first, `actions/checkout` by `fetch-depth: 0`
        -- exit code 2 --
    "#]].assert_eq(&run(&["no-such-tag", "HEAD"]));
    let worktrees = git(&folder, &["worktree", "list"]);
    assert_eq!(worktrees.lines().count(), 1, "{worktrees}");
}

#[test]
fn two_files_are_compared_without_a_build() {
    let folder = build(&["-p", "tiny", "--bin", "tiny"], "debug");
    let tiny = folder.join("tiny").to_string_lossy().into_owned();
    let json = ["diff", &shop(), &tiny, "--format", "json"].map(str::to_owned);
    let output = airlock_in(&folder, &json.each_ref().map(String::as_str));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(answer["new"], tiny);
    let names = |list: &str, name: &str| {
        let rows = answer[list].as_array().expect("a list").iter();
        rows.map(|row| row[name].as_str().expect("a text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("boundaries", "boundary"),
        [
            "shop::checkout",
            "shop::import-orders",
            "shop::show",
            "tiny_core::never_named::bound"
        ]
    );
    assert_eq!(
        names("boundaries", "state"),
        ["gone", "gone", "gone", "new"]
    );
    assert_eq!(names("contracts", "of"), ["effect mail.send"]);
    let clash = build(&["-p", "shop", "--bin", "clash"], "debug").join("clash");
    let clash = clash.to_string_lossy();
    check(
        &["diff", &shop(), &clash],
        &expect![[r#"
        -- stderr --
        error: in {target}/debug/clash, `card.charge` names two effects: `clash::first` at shop/src/bin/clash.rs:6 and `clash::second` at shop/src/bin/clash.rs:14; give one of them another `name = ".."` or drop the alias
        error: in {target}/debug/clash, `mail.post` names two effects: `clash::second` at shop/src/bin/clash.rs:14 and `mail` at mail/src/lib.rs:27; give one of them another `name = ".."` or drop the alias
        -- exit code 1 --
    "#]],
    );
    check(
        &["diff", &shop(), &shop()],
        &expect![[r#"
        no difference: the same effects, the same contracts, and each boundary may emit what it could
        -- exit code 0 --
    "#]],
    );
}
