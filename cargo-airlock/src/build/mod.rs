//! Building what the user wants to be looked at, and finding where it lies.

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
    /// What it is to the user: ``binary `shop` ``, or its path.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) path: PathBuf,
}

/// Why nothing could be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BuildError {
    /// Cargo could not be called.
    #[error("cannot call cargo")]
    NoCargo(#[source] std::io::Error),
    /// Cargo cannot read the manifests.
    #[error("cargo cannot read the workspace:\n{said}")]
    Metadata {
        /// What it said.
        said: String,
    },
    /// Cargo's answer cannot be read.
    #[error("cannot read the answer of cargo")]
    Answer(#[source] serde_json::Error),
    /// There is no such target.
    #[error("no {} is named `{name}`; there are: {}{}", word(kind), list(candidates), hint(near.as_deref()))]
    NoSuchTarget {
        /// `bin`, `test` or `example`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
        /// All that there are.
        candidates: Vec<String>,
    },
    /// There is no such file, and what was given looks like the name of a binary.
    #[error(
        "there is no file `{0}`: give the path of a built file, or `--bin {0}` to build and read a binary"
    )]
    NoSuchFile(String),
    /// Nothing here is linked into a program.
    #[error(
        "`cargo build` makes no program here: name a target by --lib, --test, --example or --bin, or look at all by --workspace; there are: {}",
        list(candidates)
    )]
    NoProgram {
        /// All targets that there are.
        candidates: Vec<String>,
    },
    /// The build failed; cargo has said why.
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

/// The files to read, built if need be.
///
/// # Errors
///
/// [`BuildError`] if there is no such target, or it does not build.
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
            continue; // Of another kind.
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

/// Cargo builds what a package depends on, too. Where packages are not simply named, as in `-p 'mail*'`,
/// all that it builds is selected.
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

/// Before a build that may take minutes.
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

/// Cargo's progress and the compiler's messages go to the terminal, as always.
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

/// A `compiler-artifact` of cargo's messages.
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
    /// The file to read, if the user asked for it.
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
            // Cargo builds the binaries for a test that may call them, too.
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
                    // Where there is a choice: what holds the dependencies too.
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
