//! The argument `--lock-file`.

use std::path::PathBuf;

use clap::Args;

use crate::build::{Selection, Workspace};
use crate::contract;
use crate::report::BoxError;

/// The location of the lock file.
#[derive(Args, Clone, Debug)]
pub(crate) struct LockFile {
    /// The lock file [default: effects.lock in the root of the workspace]
    #[arg(long, value_name = "PATH")]
    lock_file: Option<PathBuf>,
}

impl LockFile {
    /// Returns the path of the lock file. For files that are already built, it is in the current
    /// directory, because there may be no workspace.
    pub(crate) fn path(&self, selection: &Selection) -> Result<PathBuf, BoxError> {
        match &self.lock_file {
            Some(path) => Ok(path.clone()),
            None if !selection.files.is_empty() => Ok(contract::NAME.into()),
            None => {
                let workspace = Workspace::load(selection.options.manifest_path.as_deref())?;
                Ok(workspace.root.join(contract::NAME))
            }
        }
    }

    /// Returns the selection to build. The lock file of a workspace holds what cargo builds in its
    /// root. Therefore, unless a lock file, a package or a target is named, the build runs in the
    /// root.
    pub(crate) fn built(&self, selection: &Selection) -> Result<Selection, BoxError> {
        let mut built = selection.clone();
        let named = [&built.bin, &built.test, &built.example, &built.package];
        let selects =
            built.lib || !built.files.is_empty() || named.iter().any(|names| !names.is_empty());
        if self.lock_file.is_none() && !selects {
            let manifest = &mut built.options.manifest_path;
            let root = Workspace::load(manifest.as_deref())?.root;
            *manifest = Some(root.join("Cargo.toml"));
        }
        Ok(built)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::LockFile;
    use crate::build::Selection;

    #[test]
    fn a_members_directory_is_not_taken_for_the_whole_workspace() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture");
        let mut selection = Selection::default();
        selection.options.manifest_path = Some(root.join("shop/Cargo.toml"));
        let built = |lock_file, selection: &Selection| {
            let file = LockFile { lock_file };
            let built = file.built(selection).expect("it is a workspace");
            built.options.manifest_path
        };
        assert_eq!(built(None, &selection), Some(root.join("Cargo.toml")));

        let own = Some("shop.lock".into());
        assert_eq!(built(own, &selection), selection.options.manifest_path);

        selection.package.push("shop".to_owned());
        assert_eq!(built(None, &selection), selection.options.manifest_path);
    }
}
