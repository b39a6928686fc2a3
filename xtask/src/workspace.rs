//! The workspace as reported by `cargo metadata`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo::Cargo;

/// The workspace, as `cargo metadata` reports it.
#[derive(Debug)]
pub struct Workspace {
    /// The directory of the root manifest.
    pub root: PathBuf,
    /// The target directory.
    pub target: PathBuf,
    /// The member packages.
    pub packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Default)]
pub struct Package {
    /// The package name.
    pub name: String,
    /// The package version.
    pub version: String,
    /// The `rust-version` of its manifest.
    pub rust_version: Option<String>,
    /// The directory of its manifest.
    pub directory: PathBuf,
    /// The features, including `default`.
    pub features: Vec<String>,
    /// The integration tests.
    pub tests: Vec<String>,
    /// The kind of an example that is not run, from `[package.metadata.xtask] example`.
    pub example: Option<String>,
    /// The dependencies within the workspace, except dev-dependencies.
    pub siblings: Vec<Sibling>,
}

/// A dependency on another member.
#[derive(Debug)]
pub struct Sibling {
    /// The name of the package.
    pub name: String,
    /// The version requirement.
    pub requirement: String,
}

impl Workspace {
    /// Reads the workspace from `cargo metadata`.
    ///
    /// # Errors
    ///
    /// When cargo cannot read the manifests.
    pub fn load() -> Result<Self, String> {
        // Not the current directory, so that the commands work anywhere in the workspace. Read at
        // run time, because two checkouts that share a target directory also share the compiled
        // program.
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let json = Cargo::new(&here)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()?;
        let value =
            serde_json::from_str(&json).map_err(|error| format!("cargo metadata: {error}"))?;
        Ok(Self::read(&value))
    }

    fn read(value: &Value) -> Self {
        Self {
            root: text(&value["workspace_root"]).into(),
            target: text(&value["target_directory"]).into(),
            packages: list(&value["packages"]).map(Package::read).collect(),
        }
    }

    /// Returns the member with this name.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Returns the names of all integration tests, sorted and without duplicates.
    #[must_use]
    pub fn test_targets(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .packages
            .iter()
            .flat_map(|package| package.tests.clone())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

impl Package {
    fn read(value: &Value) -> Self {
        let is_test = |target: &&Value| list(&target["kind"]).any(|kind| kind == "test");
        let for_users =
            |dependency: &&Value| dependency["path"].is_string() && dependency["kind"] != "dev";
        let manifest = PathBuf::from(text(&value["manifest_path"]));
        Self {
            name: text(&value["name"]),
            version: text(&value["version"]),
            rust_version: value["rust_version"].as_str().map(str::to_owned),
            directory: manifest.parent().map(Path::to_owned).unwrap_or_default(),
            features: value["features"]
                .as_object()
                .map(|all| all.keys().cloned().collect())
                .unwrap_or_default(),
            tests: list(&value["targets"])
                .filter(is_test)
                .map(|target| text(&target["name"]))
                .collect(),
            example: value["metadata"]["xtask"]["example"]
                .as_str()
                .map(str::to_owned),
            siblings: list(&value["dependencies"])
                .filter(for_users)
                .map(|dependency| Sibling {
                    name: text(&dependency["name"]),
                    requirement: text(&dependency["req"]),
                })
                .collect(),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
