//! Kills processes at random, and checks that no durable effect is lost.

use crate::cargo::Cargo;
use crate::workspace::Workspace;

/// The storages of effects: two databases of River, and NATS JetStream.
const PLACES: [&str; 3] = ["sqlite", "postgres", "nats"];

/// The duration of a run in CI, in minutes.
const SHORT: &str = "0.3";

/// Runs the chaos program of this place, and passes the options on to it.
///
/// # Errors
///
/// An unknown place, a program that does not build, an effect that was lost, or one that nobody
/// committed.
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

/// Runs briefly in each place.
///
/// # Errors
///
/// See [`run`].
pub fn run_short(workspace: &Workspace) -> Result<(), String> {
    let options = ["--minutes", SHORT, "--seed", "1"].map(str::to_owned);
    for place in PLACES {
        run(workspace, place, &options)?;
    }
    Ok(())
}
