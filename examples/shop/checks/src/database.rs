//! A database for one test.

use tempfile::TempDir;

/// A SQLite database that is removed on drop.
#[derive(Debug)]
pub struct TemporaryFile {
    url: String,
    _directory: TempDir,
}

impl TemporaryFile {
    /// Returns a path in a new directory, where no database exists yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it creates a directory")]
    pub fn new() -> Self {
        let directory = TempDir::new().expect("the temporary directory is there");
        let file = directory.path().join("shop.db");
        Self {
            url: format!("sqlite:{}", file.display()),
            _directory: directory,
        }
    }

    /// Returns its path, for the shop's option `--database`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}
