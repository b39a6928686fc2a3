//! The workspace as reported by `cargo metadata`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::build::BuildError;

/// The workspace, as `cargo metadata` reports it.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    /// The directory of the root manifest.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// The directory of all build output.
    pub(super) target_directory: PathBuf,
    /// `[workspace.metadata]`.
    #[serde(default)]
    pub(crate) metadata: Value,
}

/// A package.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// The package id that cargo assigns.
    pub(crate) id: String,
    /// The package name.
    pub(crate) name: String,
    /// The targets that can be built.
    pub(crate) targets: Vec<Target>,
    /// The dependencies that its manifest declares.
    #[serde(default)]
    pub(crate) dependencies: Vec<Dependency>,
    /// `[package.metadata]`.
    #[serde(default)]
    pub(crate) metadata: Value,
}

/// An entry of `[dependencies]`, or of a similar table.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The name of the package it refers to.
    pub(crate) name: String,
    /// The name of its crate in this package, if it is renamed.
    pub(crate) rename: Option<String>,
}

/// A target that can be built.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    /// The target name.
    pub(crate) name: String,
    /// The kinds: `bin`, `lib`, `test` and so on.
    pub(crate) kind: Vec<String>,
    /// The root source file.
    pub(crate) src_path: PathBuf,
}

impl Package {
    /// Returns the name of the library's crate, or else of the first binary's: the crate that
    /// `crate` refers to.
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
    /// Runs `cargo metadata` for the manifest, or for the current directory.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if cargo cannot be run, or cannot read the manifests.
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

    /// Returns the packages that are members of the workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        let members = &self.workspace_members;
        let packages = self.packages.iter();
        packages.filter(move |package| members.contains(&package.id))
    }
}

/// Returns a command that runs the cargo that invoked us, or else the one in `PATH`.
pub(super) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
