//! A database for one test.

use tempfile::TempDir;

/// A SQLite database that is removed when this is dropped.
#[derive(Debug)]
pub struct TemporaryFile {
    url: String,
    _directory: TempDir,
}

impl TemporaryFile {
    /// A database that does not exist yet.
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

    /// Where it is, as the shop's option `--database` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}
