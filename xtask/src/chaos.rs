//! Killing processes at random, to see that no durable effect is lost.

use crate::cargo::Cargo;
use crate::workspace::Workspace;

/// Where effects are stored: the databases of River, and JetStream behind one of them.
const PLACES: [&str; 3] = ["sqlite", "postgres", "nats"];

/// How long a run in CI takes, in minutes.
const SHORT: &str = "0.3";

/// Runs chaos: `--store NAME` or `--engine nats`, and what the program itself is told.
///
/// # Errors
///
/// An unknown place, a program that does not build, and an effect that was lost or that nobody committed.
pub fn run(workspace: &Workspace, place: &str, options: &[String]) -> Result<(), String> {
    if !PLACES.contains(&place) {
        return Err(format!(
            "there is no `{place}`; there are {}",
            PLACES.join(", ")
        ));
    }
    Cargo::new(&workspace.root)
        .args(["run", "--quiet", "--package", "airlock-chaos", "--bin"])
        .args([format!("chaos-{place}")])
        .args(["--"])
        .args(options)
        .run()
}

/// A short run in each place.
///
/// # Errors
///
/// As [`run`].
pub fn run_short(workspace: &Workspace) -> Result<(), String> {
    let options = ["--minutes", SHORT, "--seed", "1"].map(str::to_owned);
    for place in PLACES {
        run(workspace, place, &options)?;
    }
    Ok(())
}
