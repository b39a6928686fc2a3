//! Checks the facts that this repository states twice, and tests the comparison itself.

use std::path::Path;

use xtask::facts;
use xtask::workspace::{Package, Sibling, Workspace};

const FACADE: &str = "airlock-effects";

fn workspace() -> Workspace {
    Workspace::load().expect("cargo reads our manifests")
}

fn read(workspace: &Workspace, file: &str) -> String {
    let path = Path::new(&workspace.root).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn facade(workspace: &Workspace) -> &Package {
    workspace.package(FACADE).expect("the facade is a member")
}

#[track_caller]
fn check(complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "facts have drifted apart:\n- {}",
        complaints.join("\n- ")
    );
}

#[test]
fn the_msrv_is_the_same_in_manifests_toolchain_and_readme() {
    let workspace = workspace();
    let (toolchain, readme) = (
        read(&workspace, "rust-toolchain.toml"),
        read(&workspace, "README.md"),
    );
    for package in &workspace.packages {
        let Some(version) = &package.rust_version else {
            panic!("{} has no rust-version", package.name)
        };
        check(&facts::msrv(version, &toolchain, &readme));
    }
}

#[test]
fn readme_lists_the_features_of_the_facade() {
    let workspace = workspace();
    check(&facts::features(
        facade(&workspace),
        &read(&workspace, "README.md"),
    ));
}

#[test]
fn our_crates_are_pinned_to_each_other() {
    check(&facts::pins(&workspace().packages));
}

#[test]
fn readme_installs_a_version_that_we_have() {
    let workspace = workspace();
    check(&facts::install_lines(
        facade(&workspace),
        &read(&workspace, "README.md"),
    ));
}

const TOOLCHAIN: &str = "[toolchain]\n# Not this: 1.2\nchannel = \"1.95.0\"\n";

#[test]
fn an_msrv_line_may_be_dressed_up() {
    for line in [
        "MSRV: Rust 1.95",
        "**MSRV:** Rust 1.95.",
        "- MSRV 1.95.0 (checked in CI)",
    ] {
        assert_eq!(facts::msrv("1.95", TOOLCHAIN, line), [""; 0], "{line}");
    }
}

#[test]
fn another_msrv_in_readme_is_noticed() {
    assert_eq!(
        facts::msrv("1.95", TOOLCHAIN, "MSRV: Rust 1.90"),
        ["Cargo.toml says rust-version 1.95, README.md says MSRV 1.90"]
    );
}

#[test]
fn another_toolchain_and_a_missing_line_are_both_noticed() {
    assert_eq!(
        facts::msrv("1.94", TOOLCHAIN, "# airlock"),
        [
            "Cargo.toml says rust-version 1.94, rust-toolchain.toml says channel 1.95.0",
            "README.md has no line `MSRV: Rust 1.94`",
        ]
    );
}

fn package(features: &[&str]) -> Package {
    Package {
        name: FACADE.to_owned(),
        version: "0.1.0".to_owned(),
        features: features.iter().map(|&feature| feature.to_owned()).collect(),
        ..Package::default()
    }
}

#[test]
fn features_may_stand_in_a_table_or_a_list() {
    let package = package(&["default", "serde", "tokio"]);
    let table = "## Features\n\n| feature | adds |\n|---|---|\n| `serde` | `x` |\n| `tokio` | y |\n## Next\n- `z`\n";
    let list = "# Features\n```toml\n# a comment\n```\n- `serde`: x\n* `tokio`: y\n";
    assert_eq!(facts::features(&package, table), [""; 0]);
    assert_eq!(facts::features(&package, list), [""; 0]);
}

#[test]
fn a_missing_and_an_invented_feature_are_noticed() {
    assert_eq!(
        facts::features(&package(&["serde"]), "## Features\n- `sered`: x\n"),
        [
            "README.md does not list the feature `serde`",
            "README.md lists the feature `sered`, which airlock-effects does not have",
        ]
    );
}

#[test]
fn a_readme_without_features_is_noticed() {
    assert_eq!(
        facts::features(&package(&["serde"]), "# airlock"),
        ["README.md has no section `Features`"]
    );
}

#[test]
fn a_loose_pin_is_noticed() {
    let core = Package {
        name: "airlock-core".to_owned(),
        ..package(&[])
    };
    let siblings = vec![Sibling {
        name: "airlock-core".to_owned(),
        requirement: "^0.1".to_owned(),
    }];
    let facade = Package {
        siblings,
        ..package(&[])
    };
    assert_eq!(
        facts::pins(&[core, facade]),
        ["airlock-effects depends on airlock-core by `^0.1`; write `=0.1.0`"]
    );
}

#[test]
fn an_old_install_line_is_noticed() {
    let line =
        |version| format!("airlock = {{ package = \"airlock-effects\", version = \"{version}\" }}");
    assert_eq!(facts::install_lines(&package(&[]), &line("0.1")), [""; 0]);
    assert_eq!(
        facts::install_lines(&package(&[]), &line("0.2")),
        ["README.md installs airlock-effects 0.2, its version is 0.1.0"]
    );
}
