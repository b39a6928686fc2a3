//! Builds the selected targets, and finds the built files.

mod metadata;
mod revision;
mod selection;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

pub(crate) use self::metadata::{Package, Target, Workspace};
pub(crate) use self::revision::Checkout;
pub(crate) use self::selection::Selection;
use crate::near::nearest;

/// A built file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// The name shown to the user: ``binary `shop` ``, or the path of the file.
    pub(crate) name: String,
    /// The path of the file.
    pub(crate) path: PathBuf,
    /// `true` if it is a library that was not linked, and so lacks its dependencies.
    pub(crate) unlinked: bool,
}

/// An error that prevented the build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BuildError {
    /// Cargo could not be run.
    #[error("cannot call cargo")]
    NoCargo(#[source] std::io::Error),
    /// Cargo cannot read the manifests.
    #[error("cargo cannot read the workspace:\n{said}")]
    Metadata {
        /// The error output of cargo.
        said: String,
    },
    /// The output of cargo cannot be parsed.
    #[error("cannot parse the output of cargo")]
    Answer(#[source] serde_json::Error),
    /// There is no such target.
    #[error("no {} is named `{name}`; there are: {}{}", word(kind), list(candidates), hint(near.as_deref()))]
    NoSuchTarget {
        /// `bin`, `test` or `example`.
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The most similar existing name.
        near: Option<String>,
        /// All existing names.
        candidates: Vec<String>,
    },
    /// There is no such file, and the argument looks like the name of a binary.
    #[error(
        "there is no file `{0}`: give the path of a built file, or `--bin {0}` to build and read a binary"
    )]
    NoSuchFile(String),
    /// The selection contains no program and no library.
    #[error(
        "`cargo build` makes no program and no library here: select a target with --test, --example or --bin, or all with --workspace; there are: {}",
        list(candidates)
    )]
    NoProgram {
        /// All existing targets.
        candidates: Vec<String>,
    },
    /// The build failed. Cargo has printed the reason.
    #[error("the build failed")]
    Failed,
}

fn word(kind: &str) -> &str {
    if kind == "bin" { "binary" } else { kind }
}

fn hint(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default()
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// Returns the files to read, and builds them first if necessary.
///
/// # Errors
///
/// [`BuildError`] if there is no such target, or the build fails.
pub(crate) fn artifacts(selection: &Selection) -> Result<Vec<Artifact>, BuildError> {
    if !selection.files.is_empty() {
        let files = selection.files.iter();
        return files.map(|path| given(path)).collect();
    }
    let workspace = Workspace::load(selection.options.manifest_path.as_deref())?;
    check_names(&workspace, selection)?;
    let messages = build(selection)?;
    let members: Vec<_> = workspace.members().collect();
    // Other lines are messages of other kinds.
    let messages = messages.lines();
    let messages = messages.filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let own: Vec<_> = messages
        .filter(|message| {
            let mut members = members.iter();
            let package = members.find(|package| package.id == message.package_id);
            package.is_some_and(|package| is_selected(package, &workspace, selection))
        })
        .collect();
    let artifact = |message: &Message| message.artifact(selection);
    let mut artifacts: Vec<_> = own.iter().filter_map(artifact).collect();
    if artifacts.is_empty() && !selection.names_targets() {
        artifacts.extend(own.iter().filter_map(Message::library));
    }
    if artifacts.is_empty() {
        let candidates = candidates(&workspace, &["bin", "test", "example", "lib"]);
        return Err(BuildError::NoProgram { candidates });
    }
    artifacts.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    Ok(artifacts)
}

/// Returns whether the user selected the package. Cargo also reports the dependencies that it
/// builds. If a `-p` is a pattern such as `mail*`, every package is selected.
fn is_selected(package: &Package, workspace: &Workspace, selection: &Selection) -> bool {
    let specs = selection.package.iter();
    let names: Vec<_> = specs
        .map(|spec| spec.split_once('@').map_or(&**spec, |(name, _)| name))
        .collect();
    let is_name = |name: &&str| workspace.members().any(|member| member.name == *name);
    names.contains(&&*package.name) || !names.iter().all(is_name) || names.is_empty()
}

fn given(path: &Path) -> Result<Artifact, BuildError> {
    let name = path.display().to_string();
    let is_name = path.components().count() == 1 && path.extension().is_none();
    if is_name && !path.exists() {
        return Err(BuildError::NoSuchFile(name));
    }
    Ok(Artifact {
        name,
        path: path.to_owned(),
        unlinked: is_archive_of_rust(path),
    })
}

/// Checks the names before a build that may take minutes.
fn check_names(workspace: &Workspace, selection: &Selection) -> Result<(), BuildError> {
    for (kind, name) in selection.named() {
        let names: Vec<_> = targets(workspace, &[kind])
            .map(|target| target.name.clone())
            .collect();
        if !names.iter().any(|known| known == name) {
            return Err(BuildError::NoSuchTarget {
                kind,
                name: name.to_owned(),
                near: nearest(name, names.iter().map(String::as_str)).map(str::to_owned),
                candidates: candidates(workspace, &[kind]),
            });
        }
    }
    Ok(())
}

fn targets<'a>(
    workspace: &'a Workspace,
    kinds: &'a [&str],
) -> impl Iterator<Item = &'a Target> + 'a {
    let targets = workspace.members().flat_map(|package| &package.targets);
    targets.filter(|target| {
        target
            .kind
            .iter()
            .any(|kind| kinds.contains(&kind.as_str()))
    })
}

fn candidates(workspace: &Workspace, kinds: &[&str]) -> Vec<String> {
    let name = |target: &Target| match &kinds {
        [_] => format!("`{}`", target.name),
        _ => format!("{} `{}`", target.kind.join("/"), target.name),
    };
    let mut names: Vec<_> = targets(workspace, kinds).map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// Runs `cargo build`. Its progress and the compiler's messages go to the terminal, as usual.
fn build(selection: &Selection) -> Result<String, BuildError> {
    let output = metadata::cargo()
        .args(["build", "--message-format", "json-render-diagnostics"])
        .args(selection.arguments())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(BuildError::NoCargo)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(BuildError::Failed)
    }
}

/// A `compiler-artifact` message of cargo.
#[derive(Deserialize)]
struct Message {
    package_id: String,
    target: MessageTarget,
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct MessageTarget {
    name: String,
    kind: Vec<String>,
}

impl Message {
    /// Returns the file to read, if the user selected this target.
    fn artifact(&self, selection: &Selection) -> Option<Artifact> {
        let name = &self.target.name;
        let word = if self.is(&["bin"]) {
            "binary"
        } else if self.is(&["test"]) {
            "test"
        } else if self.is(&["example"]) {
            "example"
        } else {
            "library"
        };
        let wanted = match word {
            _ if !selection.names_targets() => {
                word == "binary" || self.is(&["cdylib", "dylib", "staticlib"])
            }
            "library" => selection.lib && !self.is(&["custom-build"]),
            // For a test, cargo also builds the binaries of its package.
            "binary" => selection.bin.contains(name),
            "test" => selection.test.contains(name),
            _ => selection.example.contains(name),
        };
        wanted.then(|| self.file(word)).flatten()
    }

    /// Returns the file of a library that other packages depend on.
    fn library(&self) -> Option<Artifact> {
        let is_library = self.is(&["lib", "rlib"]);
        is_library.then(|| self.file("library")).flatten()
    }

    fn is(&self, kinds: &[&str]) -> bool {
        let mut own = self.target.kind.iter();
        own.any(|kind| kinds.contains(&kind.as_str()))
    }

    fn file(&self, word: &str) -> Option<Artifact> {
        let linked = |path: &&PathBuf| {
            path.extension()
                .is_none_or(|end| end != "rmeta" && end != "d")
        };
        let path = self.executable.as_ref().or_else(|| {
            let files = self.filenames.iter().filter(linked);
            // Prefer a linked library, which also contains the dependencies, to an rlib.
            files.min_by_key(|path| is_archive_of_rust(path))
        })?;
        Some(Artifact {
            name: format!("{word} `{}`", self.target.name),
            path: path.clone(),
            unlinked: is_archive_of_rust(path),
        })
    }
}

/// Returns whether it is an rlib, which does not contain its dependencies.
fn is_archive_of_rust(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "rlib")
}
