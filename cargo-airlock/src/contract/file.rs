//! Reads and writes lock files.

use std::path::{Path, PathBuf};

use crate::contract::Contracts;
use crate::contract::lock_file::{LockError, Unwritable, parse, text};

/// An error that makes a lock file unusable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("there is no lock file {}: write it by `cargo airlock lock`, and commit it", .0.display())]
    Missing(PathBuf),
    #[error("cannot read or write {}", .0.display())]
    Io(PathBuf, #[source] std::io::Error),
    #[error("cannot read {}", .0.display())]
    Wrong(PathBuf, #[source] LockError),
    #[error("cannot write {}", .0.display())]
    Unwritable(PathBuf, #[source] Unwritable),
}

/// Reads a lock file.
pub(crate) fn read_file(path: &Path) -> Result<Contracts, FileError> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => FileError::Missing(path.to_owned()),
        _ => FileError::Io(path.to_owned(), error),
    })?;
    parse(&text).map_err(|error| FileError::Wrong(path.to_owned(), error))
}

/// Writes a lock file.
///
/// # Errors
///
/// [`FileError::Unwritable`] if it could not be read back, [`FileError::Io`] if it cannot be written.
pub(crate) fn write_file(path: &Path, contracts: &Contracts) -> Result<(), FileError> {
    let text = text(contracts).map_err(|error| FileError::Unwritable(path.to_owned(), error))?;
    std::fs::write(path, text).map_err(|error| FileError::Io(path.to_owned(), error))
}
