//! Killing processes at random, to see that no durable effect is lost.

use crate::cargo::Cargo;
use crate::workspace::Workspace;

/// The databases that effects are stored in.
const STORES: [&str; 2] = ["sqlite", "postgres"];

/// How long a run in CI takes, in minutes.
const SHORT: &str = "0.3";

/// Runs chaos on a store: `--store NAME`, and what the program itself is told.
///
/// # Errors
///
/// An unknown store, a program that does not build, and an effect that was lost or that nobody committed.
pub fn run(workspace: &Workspace, store: &str, options: &[String]) -> Result<(), String> {
    if !STORES.contains(&store) {
        return Err(format!(
            "there is no store `{store}`; there are {}",
            STORES.join(" and ")
        ));
    }
    Cargo::new(&workspace.root)
        .args(["run", "--quiet", "--package", "airlock-chaos", "--bin"])
        .args([format!("chaos-{store}")])
        .args(["--"])
        .args(options)
        .run()
}

/// A short run on each store.
///
/// # Errors
///
/// As [`run`].
pub fn run_short(workspace: &Workspace) -> Result<(), String> {
    let options = ["--minutes", SHORT, "--seed", "1"].map(str::to_owned);
    for store in STORES {
        run(workspace, store, &options)?;
    }
    Ok(())
}
