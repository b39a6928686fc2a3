//! Runs the commands of the README, as printed.

use std::process::Command;

use crate::installed;

/// The README of the shop.
const README: &str = include_str!("../../README.md");

/// The address of the shop in the README.
const ADDRESS: &str = "127.0.0.1:3000";

/// A command of the README, with its expected output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text after the `$`.
    pub command: String,
    /// The text below it.
    pub output: String,
}

/// Returns the commands of the console blocks that use curl.
#[must_use]
pub fn lines() -> Vec<Line> {
    parse(README)
}

fn parse(markdown: &str) -> Vec<Line> {
    let blocks = markdown.split("```console\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split_once("```").map(|(block, _)| block));
    let mut lines: Vec<Line> = Vec::new();
    for text in blocks
        .filter(|block| block.starts_with("$ curl"))
        .flat_map(str::lines)
    {
        match (text.strip_prefix("$ "), lines.last_mut()) {
            (Some(command), _) => lines.push(Line {
                command: command.to_owned(),
                output: String::new(),
            }),
            (None, Some(line)) => line.output.push_str(text),
            (None, None) => panic!("output before a command: {text}"),
        }
    }
    lines
}

/// Runs every command against a new shop at this address.
pub fn check(address: &str) {
    let _ = installed::curl();
    let lines = lines();
    assert!(lines.len() > 5, "the README has lost its lines: {lines:?}");
    for Line { command, output } in lines {
        assert!(command.contains(ADDRESS), "{command}");
        let command = command.replace(ADDRESS, address);
        let done = Command::new("sh").args(["-c", &command]).output();
        let done = done.expect("sh is there");
        let printed = String::from_utf8_lossy(&done.stdout);
        assert!(
            done.status.success(),
            "{command}: {printed}{}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_eq!(printed.trim_end(), output, "{command}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_a_command_is_its_output() {
        let markdown =
            "```console\n$ cargo run\n```\ntext\n```console\n$ curl a\none\n$ curl b\n```\n";
        let line = |command: &str, output: &str| Line {
            command: command.to_owned(),
            output: output.to_owned(),
        };
        assert_eq!(parse(markdown), [line("curl a", "one"), line("curl b", "")]);
    }
}
