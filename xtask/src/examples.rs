//! Runs the examples, and compares their output.
//!
//! Each package below `examples/` has an `expected.txt`, or one `expected/CASE.txt` for each set
//! of arguments. A first line `$ ARGUMENT..` holds the arguments. The rest is the output on stdout,
//! see [`diff`].
//!
//! An example that does not terminate, or cannot be run, declares that in its manifest. Only its
//! own tests check it:
//!
//! ```toml
//! [package.metadata.xtask]
//! example = "server" # or "library"
//! ```

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::Cargo;
use crate::diff;
use crate::workspace::{Package, Workspace};

/// Runs every example once for each of its expected outputs.
///
/// # Errors
///
/// When an example fails, prints something else, or has no expected output.
pub fn check(workspace: &Workspace) -> Result<(), String> {
    let mut wrong = Vec::new();
    let examples = Examples::find(workspace)?;
    for (example, kind) in &examples.tested {
        println!("{}: a {kind}, which only its own tests run", example.name);
    }
    for (example, case) in examples.cases {
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

/// Writes the output of the examples into their files, keeping lines that match.
///
/// # Errors
///
/// When an example fails, or a file cannot be written.
pub fn bless(workspace: &Workspace) -> Result<(), String> {
    for (example, case) in Examples::find(workspace)?.cases {
        let file = read(&case)?;
        let actual = call(workspace, example, &file.arguments)?;
        let text = format!("{}{}", file.first_line, diff::bless(&file.output, &actual));
        fs::write(&case, text).map_err(|error| format!("{}: {error}", case.display()))?;
        println!("{}: written", case.display());
    }
    Ok(())
}

/// An expected output, with the arguments that produce it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Case {
    /// The line with the arguments, or an empty text.
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

/// The packages below `examples/`.
#[derive(Debug)]
struct Examples<'a> {
    /// Each example that is run, with each of its files.
    cases: Vec<(&'a Package, PathBuf)>,
    /// Each example that is not run, with its kind.
    tested: Vec<(&'a Package, Kind)>,
}

/// The kind of an example that this stage does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It does not terminate.
    Server,
    /// It is not runnable.
    Library,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Library => "library",
        })
    }
}

impl<'a> Examples<'a> {
    /// Finds all examples.
    ///
    /// # Errors
    ///
    /// When nothing would check an example.
    fn find(workspace: &'a Workspace) -> Result<Self, String> {
        let directory = workspace.root.join("examples");
        let mut found = Self {
            cases: Vec::new(),
            tested: Vec::new(),
        };
        for example in &workspace.packages {
            if !example.directory.starts_with(&directory) {
                continue;
            }
            let files = files(&example.directory)?;
            match kind(example, &files)? {
                Some(kind) => found.tested.push((example, kind)),
                None => found
                    .cases
                    .extend(files.into_iter().map(|file| (example, file))),
            }
        }
        if found.cases.is_empty() {
            return Err("there is no example below examples/ that is run".to_owned());
        }
        Ok(found)
    }
}

/// Returns the kind of an example that is not run, or `None` if its output is compared with these
/// files.
fn kind(example: &Package, expected: &[PathBuf]) -> Result<Option<Kind>, String> {
    let name = &example.name;
    let kind = match example.example.as_deref() {
        None if expected.is_empty() => {
            return Err(format!(
                "the example `{name}` has neither expected.txt nor expected/*.txt; if it does not end by itself, write `example = \"server\"` below [package.metadata.xtask] in its manifest, and test it"
            ));
        }
        None => return Ok(None),
        Some("server") => Kind::Server,
        Some("library") => Kind::Library,
        Some(other) => {
            return Err(format!(
                "the example `{name}` says that it is a `{other}`; known are `server` and `library`"
            ));
        }
    };
    if !expected.is_empty() {
        return Err(format!(
            "the example `{name}` says that it is a {kind}, which is not run, but has an expected output"
        ));
    }
    if example.tests.is_empty() {
        return Err(format!(
            "the example `{name}` is a {kind}, which is not run, and has no tests (tests/*.rs)"
        ));
    }
    Ok(Some(kind))
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

/// Runs the command that the README shows, in the root of the workspace.
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

    fn example(kind: Option<&str>, tests: &[&str]) -> Package {
        Package {
            name: "shop".to_owned(),
            example: kind.map(str::to_owned),
            tests: tests.iter().map(|&test| test.to_owned()).collect(),
            ..Package::default()
        }
    }

    #[test]
    fn a_server_with_tests_is_not_run() {
        let server = example(Some("server"), &["app"]);
        assert_eq!(kind(&server, &[]), Ok(Some(Kind::Server)));
    }

    #[test]
    fn an_example_with_an_expected_output_is_run() {
        assert_eq!(
            kind(&example(None, &[]), &["expected.txt".into()]),
            Ok(None)
        );
    }

    #[test]
    fn an_example_that_nobody_would_check_is_an_error() {
        assert!(kind(&example(None, &["app"]), &[]).is_err());
        assert!(kind(&example(Some("server"), &[]), &[]).is_err());
        assert!(kind(&example(Some("sever"), &["app"]), &[]).is_err());
    }

    #[test]
    fn a_server_with_an_expected_output_is_an_error() {
        let server = example(Some("server"), &["app"]);
        assert!(kind(&server, &["expected.txt".into()]).is_err());
    }
}
