//! A generated package that depends on airlock, and the cargo commands that build it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::workspace::Workspace;

/// A package in its own folder. Packages of the same parent folder share a target directory.
pub(super) struct Project {
    name: &'static str,
    parent: PathBuf,
    /// The file that is rebuilt for each measurement.
    source: &'static str,
}

impl Project {
    /// Writes the package. `source` is `src/lib.rs` or `src/main.rs`.
    pub(super) fn write(
        workspace: &Workspace,
        parent: &Path,
        name: &'static str,
        source: (&'static str, &str),
    ) -> Result<Self, String> {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             airlock = {{ package = \"airlock-effects\", path = {:?} }}\ntracing = \"0.1\"\n",
            workspace.root,
        );
        let this = Self {
            name,
            parent: parent.to_owned(),
            source: source.0,
        };
        fs::create_dir_all(this.folder().join("src")).map_err(|error| error.to_string())?;
        for (file, text) in [("Cargo.toml", manifest.as_str()), source] {
            let path = this.folder().join(file);
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(this)
    }

    fn folder(&self) -> PathBuf {
        self.parent.join(self.name)
    }

    /// Returns the target directory.
    pub(super) fn target(&self) -> PathBuf {
        self.parent.join("target")
    }

    /// Returns the milliseconds that cargo takes for the package, if its dependencies are already
    /// built.
    pub(super) fn time(&self, arguments: &[&str]) -> Result<f64, String> {
        let source = self.folder().join(self.source);
        let text = fs::read_to_string(&source).map_err(|error| error.to_string())?;
        fs::write(&source, text).map_err(|error| error.to_string())?; // Makes it newer than the build.
        let start = Instant::now();
        self.cargo(arguments)?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }

    /// Runs cargo in the package, and returns its stdout.
    pub(super) fn cargo(&self, arguments: &[&str]) -> Result<String, String> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(arguments)
            .current_dir(self.folder())
            .env("CARGO_TARGET_DIR", self.target())
            .env("CARGO_INCREMENTAL", "0")
            // Printing an expansion is an unstable option.
            .env("RUSTC_BOOTSTRAP", "1");
        let output = cargo.output().map_err(|error| format!("cargo: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(format!("{}: {}", self.name, stderr.trim()))
        }
    }
}
