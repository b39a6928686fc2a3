//! The fixture workspace, and functions that run `cargo airlock` in it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use expect_test::Expect;

/// Returns the root of the fixture workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")
}

/// Returns the target directory of the fixture. All tests share it; cargo allows one build at a
/// time.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo-airlock-fixture")
}

/// Returns an empty folder for this test.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
    std::fs::create_dir_all(&folder).expect("the target directory can be written");
    folder
}

/// Returns a command that runs cargo in the fixture, independent of the settings of the outer
/// build.
pub(crate) fn cargo() -> Command {
    without_settings(Command::new(env!("CARGO")))
}

fn without_settings(mut command: Command) -> Command {
    command
        .current_dir(root())
        .env("CARGO_TARGET_DIR", target());
    for setting in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "NO_COLOR",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(setting);
    }
    command
        .env("CARGO_TERM_QUIET", "true")
        .env("CARGO_INCREMENTAL", "0");
    command
}

/// Runs `cargo airlock ..` in the fixture.
pub(crate) fn airlock(arguments: &[&str]) -> Output {
    airlock_in(&root(), arguments)
}

/// Runs `cargo airlock ..` in another folder.
pub(crate) fn airlock_in(folder: &Path, arguments: &[&str]) -> Output {
    without_settings(Command::new(env!("CARGO_BIN_EXE_cargo-airlock")))
        .current_dir(folder)
        .arg("airlock")
        .args(arguments)
        .output()
        .expect("it is built")
}

/// Runs it, and compares its output and its exit code.
#[track_caller]
pub(crate) fn check(arguments: &[&str], expected: &Expect) {
    expected.assert_eq(&transcript(&airlock(arguments)));
}

/// Returns the output with normalised paths.
pub(crate) fn transcript(output: &Output) -> String {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace(&*target().to_string_lossy(), "{target}");
        text.replace(&*root().to_string_lossy(), "{root}")
    };
    let mut transcript = text(&output.stdout);
    let errors = text(&output.stderr);
    if !errors.is_empty() {
        let _ = writeln!(transcript, "-- stderr --\n{}", errors.trim_end());
    }
    let _ = writeln!(
        transcript,
        "-- exit code {} --",
        output.status.code().unwrap_or(-1)
    );
    transcript
}

/// Builds targets of the fixture, and returns the folder of their profile.
pub(crate) fn build(arguments: &[&str], folder: &str) -> PathBuf {
    let output = cargo()
        .arg("build")
        .args(arguments)
        .output()
        .expect("there is a cargo");
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    target().join(folder)
}

/// Builds the program `shop`, and returns its path.
pub(crate) fn shop() -> String {
    let folder = build(&["--bin", "shop"], "debug");
    folder.join("shop").to_string_lossy().into_owned()
}
