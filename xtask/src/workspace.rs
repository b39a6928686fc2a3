//! What cargo knows of the workspace.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo::Cargo;

/// The workspace, as `cargo metadata` tells it.
#[derive(Debug)]
pub struct Workspace {
    /// The directory of the root manifest.
    pub root: PathBuf,
    /// Where cargo builds.
    pub target: PathBuf,
    /// The member packages.
    pub packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its `rust-version`.
    pub rust_version: Option<String>,
    /// The directory of its manifest.
    pub directory: PathBuf,
    /// Its features, `default` among them.
    pub features: Vec<String>,
    /// Its integration tests.
    pub tests: Vec<String>,
    /// What its manifest says of an example that is not run: `[package.metadata.xtask] example`.
    pub example: Option<String>,
    /// What it depends on within the workspace, but for its tests.
    pub siblings: Vec<Sibling>,
}

/// A dependency on another member.
#[derive(Debug)]
pub struct Sibling {
    /// The package.
    pub name: String,
    /// The versions that would do.
    pub requirement: String,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    ///
    /// When cargo cannot read the manifests.
    pub fn load() -> Result<Self, String> {
        // Not the current directory: the commands work from any place of the workspace. Asked at run
        // time, because two checkouts that share a target directory share the compiled program too.
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

    /// The member of this name.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// The names of all integration tests, each once, sorted.
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
