//! Checkouts of git revisions, which are built outside of the working tree.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::build::metadata::cargo;
use crate::build::{BuildError, Selection, Workspace};

/// A revision in a temporary worktree, which is removed when this is dropped.
///
/// Both revisions of a comparison use one target directory, so that their dependencies are built
/// once. It is not the target directory of the working tree, whose programs would be overwritten.
#[derive(Debug)]
pub(crate) struct Checkout {
    repository: PathBuf,
    folder: TempDir,
    selection: Selection,
}

/// An error that prevents the checkout of a revision.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RevisionError {
    /// Git could not be run.
    #[error("cannot call git, which checks out revisions")]
    NoGit(#[source] std::io::Error),
    /// The package is in no git repository.
    #[error("`{revision}` is no file, and {} is in no git repository: give the paths of two built files", folder.display())]
    NoRepository {
        /// The argument.
        revision: String,
        /// The folder of the manifest.
        folder: PathBuf,
    },
    /// The argument is neither a file nor a revision.
    #[error(
        "`{0}` is neither a file nor a revision of this repository: give the path of a built file, or a branch, tag \
         or commit; a shallow clone has to fetch it first, `actions/checkout` by `fetch-depth: 0`"
    )]
    NoSuchRevision(String),
    /// The revision lacks the manifest.
    #[error("`{revision}` has no {}: name another one by --manifest-path", manifest.display())]
    NoManifest {
        /// The revision.
        revision: String,
        /// The manifest, relative to the root of the repository.
        manifest: PathBuf,
    },
    /// The temporary folder could not be created.
    #[error("cannot create a temporary folder")]
    Folder(#[source] std::io::Error),
    /// Git could not check it out.
    #[error("git cannot check out `{revision}`:\n{said}")]
    Git {
        /// The revision.
        revision: String,
        /// The error output of git.
        said: String,
    },
    /// The package or its target directory is unknown.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl Checkout {
    /// Checks out a revision of the repository that contains the selected manifest.
    ///
    /// # Errors
    ///
    /// [`RevisionError`] if there is no such revision, or git fails.
    pub(crate) fn new(revision: &str, selection: &Selection) -> Result<Self, RevisionError> {
        let manifest = manifest(selection)?;
        let package = manifest.parent().unwrap_or(Path::new("."));
        let said = git(package, &["rev-parse", "--show-toplevel"])?;
        let Ok(repository) = said.map(PathBuf::from) else {
            return Err(RevisionError::NoRepository {
                revision: revision.to_owned(),
                folder: package.to_owned(),
            });
        };
        let commit = format!("{revision}^{{commit}}");
        let verify = ["rev-parse", "--verify", "--end-of-options", &commit];
        let Ok(commit) = git(&repository, &verify)? else {
            return Err(RevisionError::NoSuchRevision(revision.to_owned()));
        };
        let mut selection = selection.clone();
        selection.files.clear();
        if selection.options.target_dir.is_none() {
            let target = Workspace::load(Some(&manifest))?.target_directory;
            selection.options.target_dir = Some(target.join("airlock-diff"));
        }
        let folder = tempfile::Builder::new().prefix("cargo-airlock-").tempdir();
        let folder = folder.map_err(RevisionError::Folder)?;
        // Created before git is called, so that the folder is removed if git fails half-way.
        let mut checkout = Self {
            repository,
            folder,
            selection,
        };
        let path = checkout.folder.path().to_string_lossy();
        let add = ["worktree", "add", "--detach", "--force", &path, &commit];
        git(&checkout.repository, &add)?.map_err(|said| RevisionError::Git {
            revision: revision.to_owned(),
            said,
        })?;
        let relative = manifest.strip_prefix(&checkout.repository);
        let relative = relative.unwrap_or(Path::new("Cargo.toml"));
        let manifest = checkout.folder.path().join(relative);
        if !manifest.exists() {
            return Err(RevisionError::NoManifest {
                revision: revision.to_owned(),
                manifest: relative.to_owned(),
            });
        }
        checkout.selection.options.manifest_path = Some(manifest);
        Ok(checkout)
    }

    /// Returns the selection, for this revision.
    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        // Cargo keeps what it built for each path, and this path is never used again. What fails
        // here only leaves files behind.
        let mut clean = cargo();
        clean.args(["clean", "--quiet", "--workspace"]);
        clean.args(self.selection.options.of_output());
        let _ = clean
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .status();
        let path = self.folder.path().to_string_lossy();
        let _ = git(&self.repository, &["worktree", "remove", "--force", &path]);
    }
}

/// Returns the canonical path of the selected manifest, or of the nearest one.
fn manifest(selection: &Selection) -> Result<PathBuf, BuildError> {
    let mut command = cargo();
    command.args(["locate-project", "--message-format", "plain"]);
    if let Some(manifest) = &selection.options.manifest_path {
        command.arg("--manifest-path").arg(manifest);
    }
    let output = command.output().map_err(BuildError::NoCargo)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BuildError::Metadata { said });
    }
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    // Git reports canonical paths.
    Ok(path.canonicalize().unwrap_or(path))
}

/// Runs git in a folder, and returns its output, or its error output if it fails.
fn git(folder: &Path, arguments: &[&str]) -> Result<Result<String, String>, RevisionError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    // A hook may build, or change other files of the repository.
    command.args(["-c", "core.hooksPath=/dev/null"]);
    command.args(arguments).stdin(Stdio::null());
    // In a hook, these name the index that is being committed.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let output = command.output().map_err(RevisionError::NoGit)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    })
}
