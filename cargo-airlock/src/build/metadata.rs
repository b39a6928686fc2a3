//! What cargo knows of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::build::BuildError;

/// The workspace, as `cargo metadata` tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    /// The directory of the root manifest.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// `[workspace.metadata]`.
    #[serde(default)]
    pub(crate) metadata: Value,
}

/// A package.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// Cargo's id of it.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What can be built of it.
    pub(crate) targets: Vec<Target>,
    /// What its manifest depends on.
    #[serde(default)]
    pub(crate) dependencies: Vec<Dependency>,
    /// `[package.metadata]`.
    #[serde(default)]
    pub(crate) metadata: Value,
}

/// A line of `[dependencies]`, or of a table like it.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The name of the package.
    pub(crate) name: String,
    /// What its crate is called here, if it is renamed.
    pub(crate) rename: Option<String>,
}

/// Something that can be built.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: String,
    /// `bin`, `lib`, `test` …
    pub(crate) kind: Vec<String>,
    /// Its root file.
    pub(crate) src_path: PathBuf,
}

impl Package {
    /// What `crate` is in its library, or else in its first binary.
    pub(crate) fn crate_name(&self) -> String {
        let is_program = |target: &&Target| target.kind.iter().any(|kind| kind == "bin");
        let is_library = |target: &&Target| {
            let mut kinds = target.kind.iter();
            kinds.any(|kind| kind.ends_with("lib") || kind == "proc-macro")
        };
        let mut targets = self.targets.iter();
        let target = targets
            .clone()
            .find(is_library)
            .or_else(|| targets.find(is_program));
        target
            .map_or(&self.name, |target| &target.name)
            .replace('-', "_")
    }
}

impl Workspace {
    /// Asks cargo, about the manifest or the current directory.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if there is no cargo, or it cannot read the manifests.
    pub(crate) fn load(manifest: Option<&Path>) -> Result<Self, BuildError> {
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        if let Some(manifest) = manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        let output = command.output().map_err(BuildError::NoCargo)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(BuildError::Metadata { said });
        }
        serde_json::from_slice(&output.stdout).map_err(BuildError::Answer)
    }

    /// The workspace's own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        let members = &self.workspace_members;
        let packages = self.packages.iter();
        packages.filter(move |package| members.contains(&package.id))
    }
}

/// The cargo that called us, else the one that is found.
pub(super) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
