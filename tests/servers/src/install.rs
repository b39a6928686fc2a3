//! Finding programs, and installing them where that is allowed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of PostgreSQL's server: on the path, or where Debian keeps it.
fn find_postgres(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join(program));
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(program));
    on_path.chain(versions).find(|program| program.is_file())
}

/// A program of PostgreSQL's server, installed if it is missing and this is Debian, as root.
pub(crate) fn postgres(program: &str) -> Result<PathBuf, String> {
    if let Some(found) = find_postgres(program) {
        return Ok(found);
    }
    let advice = "PostgreSQL is not installed: install its server (on Debian `apt-get install postgresql`), or leave its tests out with `--without postgres`";
    if !Path::new("/usr/bin/apt-get").is_file() || crate::user::User::unprivileged().is_none() {
        return Err(advice.to_owned());
    }
    for arguments in [&["update"][..], &["install", "-y", "postgresql"]] {
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(advice.to_owned());
        }
    }
    find_postgres(program).ok_or_else(|| advice.to_owned())
}
