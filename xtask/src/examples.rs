//! Runs the examples for real and compares what they print.
//!
//! Each `examples/NAME/` has an `expected.txt`, or one `expected/CASE.txt` for each way to call it.
//! A first line `$ ARGUMENT..` holds the arguments of the call. The rest is the output on stdout, see
//! [`diff`].

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::Cargo;
use crate::diff;
use crate::workspace::{Package, Workspace};

/// Runs every example in every way that it has an expected output for.
///
/// # Errors
///
/// When an example fails, prints something else, or has no expected output.
pub fn check(workspace: &Workspace) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (example, case) in cases(workspace)? {
        let name = case
            .strip_prefix(&workspace.root)
            .unwrap_or(&case)
            .display()
            .to_string();
        let result = read(&case).and_then(|file| {
            let actual = call(workspace, example, &file.arguments)?;
            match diff::differences(&file.output, &actual) {
                None => Ok(()),
                Some(lines) => Err(format!("prints something else\n{lines}")),
            }
        });
        match result {
            Ok(()) => println!("{name}: as expected"),
            Err(message) => {
                println!("{name}: {message}");
                wrong.push(name);
            }
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "not as expected: {} (if rightly so: `cargo xtask bless-examples`)",
        wrong.join(", ")
    ))
}

/// Writes what the examples print into their files, keeping lines that were right.
///
/// # Errors
///
/// When an example fails, or a file cannot be written.
pub fn bless(workspace: &Workspace) -> Result<(), String> {
    for (example, case) in cases(workspace)? {
        let file = read(&case)?;
        let actual = call(workspace, example, &file.arguments)?;
        let text = format!("{}{}", file.first_line, diff::bless(&file.output, &actual));
        fs::write(&case, text).map_err(|error| format!("{}: {error}", case.display()))?;
        println!("{}: written", case.display());
    }
    Ok(())
}

/// An expected output.
#[derive(Debug, Default, PartialEq, Eq)]
struct Case {
    /// The line with the arguments, or nothing.
    first_line: String,
    arguments: Vec<String>,
    output: String,
}

impl Case {
    fn parse(text: &str) -> Self {
        match text.strip_prefix("$ ") {
            None => Self {
                output: text.to_owned(),
                ..Self::default()
            },
            Some(rest) => {
                let (arguments, output) = rest.split_once('\n').unwrap_or((rest, ""));
                Self {
                    first_line: format!("$ {arguments}\n"),
                    arguments: arguments.split_whitespace().map(str::to_owned).collect(),
                    output: output.to_owned(),
                }
            }
        }
    }
}

fn read(path: &Path) -> Result<Case, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Case::parse(&text)),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// Each example with each of its files. One without any is an error: it would be checked by nobody.
fn cases(workspace: &Workspace) -> Result<Vec<(&Package, PathBuf)>, String> {
    let mut cases = Vec::new();
    let examples = workspace.root.join("examples");
    for example in workspace
        .packages
        .iter()
        .filter(|package| package.directory.starts_with(&examples))
    {
        let files = files(&example.directory)?;
        if files.is_empty() {
            return Err(format!(
                "the example `{}` has neither expected.txt nor expected/*.txt",
                example.name
            ));
        }
        cases.extend(files.into_iter().map(|file| (example, file)));
    }
    if cases.is_empty() {
        return Err("there is no example below examples/".to_owned());
    }
    Ok(cases)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let single = directory.join("expected.txt");
    if single.is_file() {
        files.push(single);
    }
    let several = directory.join("expected");
    if several.is_dir() {
        let entries =
            fs::read_dir(&several).map_err(|error| format!("{}: {error}", several.display()))?;
        for entry in entries {
            let path = entry
                .map_err(|error| format!("{}: {error}", several.display()))?
                .path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The very command that README names, from the root.
fn call(workspace: &Workspace, example: &Package, arguments: &[String]) -> Result<String, String> {
    let call = Cargo::new(&workspace.root).args(["run", "-q", "-p", &example.name]);
    let call = if arguments.is_empty() {
        call
    } else {
        call.args(["--"]).args(arguments)
    };
    println!("$ {call}");
    call.output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_with_a_dollar_holds_the_arguments() {
        let case = Case::parse("$ orders.csv --quiet\nfirst\n$ second\n");
        assert_eq!(case.arguments, ["orders.csv", "--quiet"]);
        assert_eq!(case.first_line, "$ orders.csv --quiet\n");
        assert_eq!(case.output, "first\n$ second\n");
    }

    #[test]
    fn without_such_a_line_all_is_output() {
        let case = Case::parse("first\n");
        assert_eq!(
            case,
            Case {
                output: "first\n".to_owned(),
                ..Case::default()
            }
        );
    }
}
