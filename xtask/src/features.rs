//! Lints every package with every set of its features.

use std::path::PathBuf;

use crate::cargo::{self, Cargo};
use crate::workspace::{Package, Workspace};

/// The version of cargo-hack that is installed if there is none.
const CARGO_HACK: &str = "0.6.46";

/// The facade, whose features enable whole packages. Each feature alone is enough here, because
/// sets of features interact only in those packages, all of whose sets are linted.
const FACADE: &str = "airlock-effects";

/// Runs clippy on the feature powerset of every package, and on each feature of the facade.
///
/// # Errors
///
/// When a set of features does not build, or has warnings.
pub fn check(workspace: &Workspace) -> Result<(), String> {
    if let Err(why) = hack(workspace) {
        println!(
            "no cargo-hack ({why}): instead of the powerset, each feature alone, none, and all"
        );
        return by_hand(workspace);
    }
    let lint = |sets: &[&str]| {
        hack(workspace)?
            .args(["hack", "clippy"])
            .args(sets)
            .args(["--keep-going", "--", "-D", "warnings"])
            .run()
    };
    let others = lint(&["--workspace", "--exclude", FACADE, "--feature-powerset"]);
    let facade = lint(&["--package", FACADE, "--each-feature"]);
    others.and(facade)
}

fn hack(workspace: &Workspace) -> Result<Cargo, String> {
    if cargo::has_subcommand("hack") {
        return Ok(Cargo::new(&workspace.root));
    }
    let tools = workspace.target.join("tools");
    let program: PathBuf = tools
        .join("bin")
        .join(format!("cargo-hack{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        Cargo::new(&workspace.root)
            .args([
                "install",
                "cargo-hack",
                "--locked",
                "--version",
                CARGO_HACK,
                "--root",
            ])
            .args([&tools])
            .run()?;
    }
    Ok(Cargo::program(&program, &workspace.root))
}

fn by_hand(workspace: &Workspace) -> Result<(), String> {
    let mut wrong = Vec::new();
    for package in &workspace.packages {
        for set in sets(package) {
            let call = Cargo::new(&workspace.root)
                .args([
                    "clippy",
                    "--package",
                    &package.name,
                    "--no-default-features",
                    "--features",
                ])
                .args([set.join(",")])
                .args(["--", "-D", "warnings"]);
            if call.run().is_err() {
                wrong.push(format!("{} with [{}]", package.name, set.join(", ")));
            }
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

/// Returns the sets: no feature, each feature alone, and all features.
fn sets(package: &Package) -> Vec<Vec<&str>> {
    let features: Vec<&str> = package.features.iter().map(String::as_str).collect();
    let mut sets = vec![Vec::new()];
    sets.extend(features.iter().map(|feature| vec![*feature]));
    if features.len() > 1 {
        sets.push(features);
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hand_made_list_has_none_each_and_all() {
        let package = Package {
            features: vec!["a".to_owned(), "b".to_owned()],
            ..Package::default()
        };
        assert_eq!(
            sets(&package),
            [vec![], vec!["a"], vec!["b"], vec!["a", "b"]]
        );
        assert_eq!(sets(&Package::default()), [Vec::<&str>::new()]);
    }
}
