//! Finds a program that a test needs, or installs it.

use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

/// Finds a browser.
pub(crate) fn chromium() -> PathBuf {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    program(&names, "chromium", "browser")
}

/// Finds curl.
pub(crate) fn curl() -> PathBuf {
    program(&["curl"], "curl", "curl")
}

/// Finds a program with one of these names. If it is missing, root on a system with apt installs the package.
/// Otherwise the panic message says what to install, or which stage to skip.
fn program(names: &[&str], package: &str, stage: &str) -> PathBuf {
    let find = || names.iter().find_map(|name| on_path(name));
    // Only one test at a time may run apt.
    let lock = File::create(env::temp_dir().join("shop-checks-install.lock"));
    let lock = lock.expect("the temporary directory is there");
    lock.lock().expect("the file can be locked");
    if let Some(path) = find() {
        return path;
    }
    if is_root() && on_path("apt-get").is_some() {
        apt(&["update"]);
        apt(&["install", "-y", "--no-install-recommends", package]);
    }
    let Some(path) = find() else {
        panic!(
            "`{package}` is missing: `apt-get install {package}`, or leave its tests out by `--without {stage}`"
        );
    };
    path
}

fn on_path(name: &str) -> Option<PathBuf> {
    let directories = env::var_os("PATH")?;
    let mut candidates = env::split_paths(&directories).map(|directory| directory.join(name));
    candidates.find(|path| fs::metadata(path).is_ok_and(|it| it.is_file()))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn apt(arguments: &[&str]) {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
    let done = apt.output();
    // Not fatal here: the caller checks whether the program exists afterwards.
    if let Ok(done) = done
        .as_ref()
        .map(|done| String::from_utf8_lossy(&done.stderr))
    {
        #[allow(clippy::print_stderr, reason = "a test's output")]
        {
            eprintln!("apt-get {}: {done}", arguments.join(" "));
        }
    }
}
