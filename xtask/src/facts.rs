//! Facts that a manifest and the prose both state: finds differences between the two.
//!
//! Each function takes the texts and returns the complaints, so that tests can pass wrong texts.

use std::collections::BTreeSet;

use crate::workspace::Package;

/// Compares the `rust-version`, the channel of rust-toolchain.toml, and the line `MSRV: Rust 1.95`
/// of the README, which must agree. (CI builds with that channel, which verifies the MSRV.)
#[must_use]
pub fn msrv(rust_version: &str, toolchain: &str, readme: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    match channel(toolchain) {
        Some(channel) if same_version(channel, rust_version) => {}
        Some(channel) => complaints.push(format!(
            "Cargo.toml says rust-version {rust_version}, rust-toolchain.toml says channel {channel}"
        )),
        None => complaints.push("rust-toolchain.toml has no `channel = \"..\"`".to_owned()),
    }
    let stated: Vec<&str> = readme.lines().filter_map(stated_msrv).collect();
    if stated.is_empty() {
        complaints.push(format!("README.md has no line `MSRV: Rust {rust_version}`"));
    }
    for version in stated
        .into_iter()
        .filter(|version| !same_version(version, rust_version))
    {
        complaints.push(format!(
            "Cargo.toml says rust-version {rust_version}, README.md says MSRV {version}"
        ));
    }
    complaints
}

/// Compares the section "Features" of the README with the features of the facade.
///
/// The section must list each feature as the first code span of a table row or list item, and no
/// others. `default` and names that begin with `_` are exempt.
#[must_use]
pub fn features(package: &Package, readme: &str) -> Vec<String> {
    let declared: BTreeSet<&str> = package
        .features
        .iter()
        .map(String::as_str)
        .filter(|name| *name != "default" && !name.starts_with('_'))
        .collect();
    let Some(section) = section(readme, "features") else {
        return vec!["README.md has no section `Features`".to_owned()];
    };
    let listed: BTreeSet<&str> = section
        .into_iter()
        .filter_map(listed_feature)
        .filter(|name| *name != "default")
        .collect();
    let missing = declared
        .difference(&listed)
        .map(|name| format!("README.md does not list the feature `{name}`"));
    let unknown = listed.difference(&declared).map(|name| {
        format!(
            "README.md lists the feature `{name}`, which {} does not have",
            package.name
        )
    });
    missing.chain(unknown).collect()
}

/// Checks that our crates are pinned to each other: a member depends on another with `=` and its
/// exact version.
#[must_use]
pub fn pins(packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages {
        for sibling in &package.siblings {
            let Some(other) = packages.iter().find(|other| other.name == sibling.name) else {
                continue;
            };
            let wanted = format!("={}", other.version);
            if sibling.requirement != wanted {
                complaints.push(format!(
                    "{} depends on {} by `{}`; write `{wanted}`",
                    package.name, other.name, sibling.requirement
                ));
            }
        }
    }
    complaints
}

/// Checks that the package versions in the install lines of the README are current.
#[must_use]
pub fn install_lines(package: &Package, readme: &str) -> Vec<String> {
    readme
        .lines()
        .filter(|line| line.contains(&package.name))
        .filter_map(|line| quoted_after(line, "version"))
        .filter(|version| {
            let version = version.trim_start_matches(['^', '=', '~', ' ']);
            version != package.version && !package.version.starts_with(&format!("{version}."))
        })
        .map(|version| {
            format!(
                "README.md installs {} {version}, its version is {}",
                package.name, package.version
            )
        })
        .collect()
}

fn channel(toolchain: &str) -> Option<&str> {
    toolchain
        .lines()
        .find(|line| line.trim_start().starts_with("channel"))
        .and_then(|line| quoted_after(line, "channel"))
}

/// Returns `X` of `key = "X"`.
fn quoted_after<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(key)?;
    let rest = rest
        .trim_start()
        .strip_prefix('=')?
        .trim_start()
        .strip_prefix('"')?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Returns whether two versions are equal; `1.95` and `1.95.0` are.
fn same_version(one: &str, other: &str) -> bool {
    one.strip_suffix(".0")
        .filter(|short| short.contains('.'))
        .unwrap_or(one)
        == other
            .strip_suffix(".0")
            .filter(|short| short.contains('.'))
            .unwrap_or(other)
}

/// Returns the first version after the word `MSRV` in a line, as in `**MSRV:** Rust 1.95.`
fn stated_msrv(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("MSRV")?;
    let start = rest.find(|character: char| character.is_ascii_digit())?;
    let rest = &rest[start..];
    let end = rest
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches('.'))
}

/// Returns the lines below the heading with this title, up to the next heading of its level or
/// above.
fn section<'a>(markdown: &'a str, title: &str) -> Option<Vec<&'a str>> {
    let level = |line: &str| line.len() - line.trim_start_matches('#').len();
    let mut lines = outside_code(markdown);
    let heading = lines.find(|line| {
        level(line) > 0 && line.trim_matches(['#', ' ']).eq_ignore_ascii_case(title)
    })?;
    Some(
        lines
            .take_while(|line| level(line) == 0 || level(line) > level(heading))
            .collect(),
    )
}

/// Returns the lines outside fenced code blocks, where `#` starts a heading and not a comment.
fn outside_code(markdown: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    markdown.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// Returns the feature of a line such as "| `tokio` | .. |" or "- `tokio`: ..".
fn listed_feature(line: &str) -> Option<&str> {
    let rest = line.trim_start().trim_start_matches(['|', '-', '*', ' ']);
    let is_entry = rest.len() < line.trim_start().len();
    let (name, _) = rest.strip_prefix('`')?.split_once('`')?;
    is_entry.then_some(name)
}
