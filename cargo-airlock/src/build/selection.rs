//! The targets and files that the user selected.

use std::path::PathBuf;

use clap::Args;

/// The input: files that are already built, or targets that cargo builds first.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Files that are already built: programs, shared libraries, archives. Nothing is built
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Read this binary [default: every binary and shared library that `cargo build` would build]
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    pub(crate) bin: Vec<String>,
    /// Read the package's library: its own effects, without those of its dependencies
    #[arg(long, help_heading = "Target")]
    pub(crate) lib: bool,
    /// Read this integration test
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    pub(crate) test: Vec<String>,
    /// Read this example
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    pub(crate) example: Vec<String>,
    /// Only this package
    #[arg(short, long, value_name = "NAME", help_heading = "Target")]
    pub(crate) package: Vec<String>,
    /// All packages of the workspace
    #[arg(long, help_heading = "Target")]
    pub(crate) workspace: bool,
    /// Options of the build
    #[command(flatten)]
    pub(crate) options: BuildOptions,
}

/// Options that are passed on to `cargo build`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct BuildOptions {
    /// Build in release mode
    #[arg(short, long, help_heading = "Build", conflicts_with = "profile")]
    pub(crate) release: bool,
    /// Build with this profile
    #[arg(long, value_name = "NAME", help_heading = "Build")]
    pub(crate) profile: Option<String>,
    /// Enable these features
    #[arg(short = 'F', long, value_name = "FEATURES", help_heading = "Build")]
    pub(crate) features: Vec<String>,
    /// Enable all features
    #[arg(long, help_heading = "Build")]
    pub(crate) all_features: bool,
    /// Disable the default features
    #[arg(long, help_heading = "Build")]
    pub(crate) no_default_features: bool,
    /// Build for this platform
    #[arg(long, value_name = "TRIPLE", help_heading = "Build")]
    pub(crate) target: Option<String>,
    /// The directory for all build output
    #[arg(long, value_name = "DIRECTORY", help_heading = "Build")]
    pub(crate) target_dir: Option<PathBuf>,
    /// The manifest of the package or workspace [default: the nearest Cargo.toml]
    #[arg(long, value_name = "PATH", help_heading = "Build")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Require that Cargo.lock does not change
    #[arg(long, help_heading = "Build")]
    pub(crate) locked: bool,
    /// Do not use the network
    #[arg(long, help_heading = "Build")]
    pub(crate) offline: bool,
}

impl Selection {
    /// Returns whether targets are selected by name, or by `--lib`.
    pub(super) fn names_targets(&self) -> bool {
        self.lib || !(self.bin.is_empty() && self.test.is_empty() && self.example.is_empty())
    }

    /// Returns the named targets, with their kinds.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let bins = self.bin.iter().map(|name| ("bin", name.as_str()));
        let tests = self.test.iter().map(|name| ("test", name.as_str()));
        let examples = self.example.iter().map(|name| ("example", name.as_str()));
        bins.chain(tests).chain(examples)
    }

    /// Returns the arguments of `cargo build`.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        for (kind, name) in self.named() {
            arguments.extend([format!("--{kind}"), name.to_owned()]);
        }
        for package in &self.package {
            arguments.extend(["--package".to_owned(), package.clone()]);
        }
        let options = &self.options;
        for features in &options.features {
            arguments.extend(["--features".to_owned(), features.clone()]);
        }
        arguments.extend(options.of_output());
        let flags = [
            ("--lib", self.lib),
            ("--workspace", self.workspace),
            ("--all-features", options.all_features),
            ("--no-default-features", options.no_default_features),
            ("--locked", options.locked),
            ("--offline", options.offline),
        ];
        let given = flags.into_iter().filter(|(_, given)| *given);
        arguments.extend(given.map(|(flag, _)| flag.to_owned()));
        arguments
    }
}

impl BuildOptions {
    /// Returns the options that determine the directory of the output. `cargo clean` has them, too.
    pub(super) fn of_output(&self) -> Vec<String> {
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        let valued = [
            ("--profile", self.profile.clone()),
            ("--target", self.target.clone()),
            ("--target-dir", self.target_dir.as_ref().map(path)),
            ("--manifest-path", self.manifest_path.as_ref().map(path)),
        ];
        let given = valued.into_iter().filter_map(|(flag, value)| {
            let value = value?;
            Some([flag.to_owned(), value])
        });
        let mut arguments: Vec<_> = given.flatten().collect();
        if self.release {
            arguments.push("--release".to_owned());
        }
        arguments
    }
}
