//! Builds the selected targets, and finds the built files.

mod metadata;
mod selection;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

pub(crate) use self::metadata::{Package, Target, Workspace};
pub(crate) use self::selection::Selection;
use crate::near::nearest;

/// A built file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// The name shown to the user: ``binary `shop` ``, or the path of the file.
    pub(crate) name: String,
    /// The path of the file.
    pub(crate) path: PathBuf,
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
    /// The selection contains no linked program.
    #[error(
        "`cargo build` makes no program here: select a target with --lib, --test, --example or --bin, or all with --workspace; there are: {}",
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
    let mut artifacts = Vec::new();
    for line in messages.lines() {
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            continue; // A message of another kind.
        };
        let own = members
            .iter()
            .find(|package| package.id == message.package_id);
        if own.is_some_and(|package| is_selected(package, &members, selection)) {
            artifacts.extend(message.artifact(selection));
        }
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
fn is_selected(package: &Package, members: &[&Package], selection: &Selection) -> bool {
    let specs = selection.package.iter();
    let names: Vec<_> = specs
        .map(|spec| spec.split_once('@').map_or(&**spec, |(name, _)| name))
        .collect();
    let is_name = |name: &&str| members.iter().any(|member| member.name == *name);
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
    fn artifact(self, selection: &Selection) -> Option<Artifact> {
        let MessageTarget { name, kind } = self.target;
        let is = |wanted: &[&str]| kind.iter().any(|kind| wanted.contains(&kind.as_str()));
        let word = if is(&["bin"]) {
            "binary"
        } else if is(&["test"]) {
            "test"
        } else if is(&["example"]) {
            "example"
        } else {
            "library"
        };
        let linked = is(&["cdylib", "dylib", "staticlib"]);
        let wanted = match word {
            _ if !selection.names_targets() => word == "binary" || linked,
            "library" => selection.lib && !is(&["custom-build"]),
            // For a test, cargo also builds the binaries of its package.
            "binary" => selection.bin.contains(&name),
            "test" => selection.test.contains(&name),
            _ => selection.example.contains(&name),
        };
        let path = self.executable.or_else(|| {
            let linked = |path: &PathBuf| {
                path.extension()
                    .is_none_or(|end| end != "rmeta" && end != "d")
            };
            self.filenames
                .into_iter()
                .filter(linked)
                .min_by_key(|path| {
                    // Prefer a linked library, which also contains the dependencies, to an rlib.
                    path.extension().is_some_and(|end| end == "rlib")
                })
        });
        let path = path.filter(|_| wanted)?;
        Some(Artifact {
            name: format!("{word} `{name}`"),
            path,
        })
    }
}
