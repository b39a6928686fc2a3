//! The command `cargo xtask fuzz`, which runs the package `airlock-fuzz`: random programs against
//! airlock's promises.

use crate::cargo::Cargo;
use crate::workspace::Workspace;

/// The option that selects random envelopes of durable intents instead of random programs.
const ENVELOPES: &str = "--envelopes";

const PROGRAMS: &str = "airlock-fuzz";

/// The options of the stage of `cargo xtask ci`: always the same programs, for a few seconds.
const SHORT: [&str; 4] = ["--seed", "1", "--programs", "3000"];

/// Fuzzes with these options.
///
/// # Errors
///
/// When a program breaks a promise. The program has been printed, with its seed.
pub fn run(workspace: &Workspace, options: &[String]) -> Result<(), String> {
    let (envelopes, options): (Vec<_>, Vec<_>) =
        options.iter().partition(|option| *option == ENVELOPES);
    let program = match envelopes.is_empty() {
        true => PROGRAMS,
        false => "envelopes",
    };
    fuzzer(workspace, program, &["--release"])
        .args(options)
        .run()
}

/// Fuzzes for a few seconds, from a fixed seed.
///
/// # Errors
///
/// See [`run`].
pub fn run_short(workspace: &Workspace) -> Result<(), String> {
    // In debug mode, because the tests have already built the dependencies.
    for program in [PROGRAMS, "envelopes"] {
        fuzzer(workspace, program, &[]).args(SHORT).run()?;
    }
    Ok(())
}

fn fuzzer(workspace: &Workspace, program: &str, profile: &[&str]) -> Cargo {
    Cargo::new(&workspace.root)
        .args([
            "run",
            "--quiet",
            "--package",
            "airlock-fuzz",
            "--bin",
            program,
        ])
        .args(profile)
        .args(["--"])
}
