//! Runs the commands in the READMEs of the examples, exactly as printed, in the root of the
//! workspace.
//!
//! The commands are in `sh` blocks, one per line. A server must print its address, and is then
//! terminated; `PORT=0` gives it a free port. Every other command must succeed. Files that the
//! commands leave in the root are removed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::workspace::Workspace;

/// Runs all commands.
///
/// # Errors
///
/// When a command fails, or there is none.
pub fn check(workspace: &Workspace) -> Result<(), String> {
    let before = files(&workspace.root);
    let checked = check_all(workspace);
    for left in files(&workspace.root).difference(&before) {
        fs::remove_file(left).map_err(|error| format!("{}: {error}", left.display()))?;
    }
    checked
}

/// Returns the files directly in a folder.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect()
}

fn check_all(workspace: &Workspace) -> Result<(), String> {
    let examples = workspace.root.join("examples");
    let mut number = 0;
    for directory in directories(&examples)? {
        let Ok(text) = fs::read_to_string(directory.join("README.md")) else {
            continue;
        };
        for line in lines(&text) {
            println!("$ {line}");
            run(line, workspace).map_err(|error| format!("`{line}` {error}"))?;
            number += 1;
        }
    }
    match number {
        0 => Err("no README below examples/ shows a command in a block of `sh`".to_owned()),
        _ => Ok(()),
    }
}

fn directories(examples: &Path) -> Result<Vec<PathBuf>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", examples.display());
    let mut directories = Vec::new();
    for entry in fs::read_dir(examples).map_err(told)? {
        directories.push(entry.map_err(told)?.path());
    }
    directories.sort();
    Ok(directories)
}

/// Returns the commands of the `sh` blocks.
fn lines(markdown: &str) -> impl Iterator<Item = &str> {
    let blocks = markdown.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split_once("```").map(|(block, _)| block));
    blocks
        .flat_map(str::lines)
        .filter(|line| !line.trim().is_empty())
}

fn run(line: &str, workspace: &Workspace) -> Result<(), String> {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(&workspace.root);
    command.env("PORT", "0").stdin(Stdio::null());
    if !is_server(line, workspace) {
        let status = command.status();
        let status = status.map_err(|error| format!("does not start: {error}"))?;
        return match status.success() {
            true => Ok(()),
            false => Err(format!("ended with {status}")),
        };
    }
    // A separate process group, which is terminated together with its children.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut server = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("does not start: {error}"))?;
    let address = server.stdout.take().and_then(|output| {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.into_iter().find(|line| line.contains("http://"))
    });
    stop(&mut server)?;
    match address {
        Some(address) => {
            println!("{address}");
            Ok(())
        }
        None => Err("printed no address".to_owned()),
    }
}

/// Returns whether the line runs an example that does not terminate.
fn is_server(line: &str, workspace: &Workspace) -> bool {
    let mut servers = workspace
        .packages
        .iter()
        .filter(|package| package.example.as_deref() == Some("server"));
    servers.any(|server| {
        let run = format!("cargo run -p {}", server.name);
        line.contains(&run)
    })
}

fn stop(server: &mut Child) -> Result<(), String> {
    let group = format!("-{}", server.id());
    let told = Command::new("kill")
        .args(["-TERM", "--", &group])
        .status()
        .map_err(|error| format!("cannot be told to stop: {error}"))?;
    if !told.success() {
        let _ = server.kill();
    }
    let ended = server.wait();
    ended.map_err(|error| format!("does not end: {error}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_block_of_sh_is_a_command() {
        let markdown =
            "text\n```sh\ncargo a # why\n\ncargo b\n```\n```text\nno\n```\n```sh\nc\n```\n";
        let found: Vec<_> = lines(markdown).collect();
        assert_eq!(found, ["cargo a # why", "cargo b", "c"]);
    }
}
