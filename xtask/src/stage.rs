//! The stages, and the commands that each of them runs.

use std::fmt;

use crate::cargo::{self, Cargo};
use crate::workspace::Workspace;
use crate::{chaos, examples, features, fuzz, readme_lines};

/// The test targets that run the conformance scenarios.
const CONFORMANCE: &str = "conformance";

/// The test targets that compare compiler messages with `.stderr` files.
const UI: &str = "ui";

/// The test of the messages about missing features. It runs on the facade alone, because other
/// packages enable features of it.
const UI_WITHOUT_FEATURES: &str =
    "test --package airlock-effects --no-default-features --features tower --test ui";

/// The test targets that need a browser.
const BROWSER: &str = "browser";

/// The test targets that need curl.
const CURL: &str = "curl";

/// The test targets that need a PostgreSQL server.
const POSTGRES: &str = "postgres";

/// The test targets that need a NATS server.
const NATS: &str = "nats";

/// One step of a command, with its own line in the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Unit and integration tests of the whole workspace, except the targets of the next six
    /// stages.
    Unit,
    /// The compiler messages of the macros, with trybuild.
    Ui,
    /// The conformance scenarios.
    Conformance,
    /// The tests with curl.
    Curl,
    /// The tests in a browser.
    Browser,
    /// The tests with a PostgreSQL server.
    Postgres,
    /// The tests with a NATS server.
    Nats,
    /// Every code block of the docs.
    Doctest,
    /// The examples, run and compared with their expected output, and the commands of their
    /// READMEs.
    Examples,
    /// Random programs, always the same ones.
    Fuzz,
    /// Processes that are killed at random.
    Chaos,
    /// Formatting.
    Fmt,
    /// Lints.
    Clippy,
    /// The docs, which must build without warnings.
    Rustdoc,
    /// Every set of features, which must build without warnings.
    Features,
}

impl Stage {
    /// The stages of `cargo xtask test`.
    pub const TEST: [Self; 9] = [
        Self::Unit,
        Self::Ui,
        Self::Conformance,
        Self::Curl,
        Self::Browser,
        Self::Postgres,
        Self::Nats,
        Self::Doctest,
        Self::Examples,
    ];

    /// The stages of `cargo xtask ci`.
    pub const ALL: [Self; 15] = [
        Self::Unit,
        Self::Ui,
        Self::Conformance,
        Self::Curl,
        Self::Browser,
        Self::Postgres,
        Self::Nats,
        Self::Doctest,
        Self::Examples,
        Self::Fuzz,
        Self::Chaos,
        Self::Fmt,
        Self::Clippy,
        Self::Rustdoc,
        Self::Features,
    ];

    /// Returns the name that `--without` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Ui => "ui",
            Self::Conformance => "conformance",
            Self::Curl => "curl",
            Self::Browser => "browser",
            Self::Postgres => "postgres",
            Self::Nats => "nats",
            Self::Doctest => "doctest",
            Self::Examples => "examples",
            Self::Fuzz => "fuzz",
            Self::Chaos => "chaos",
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Rustdoc => "rustdoc",
            Self::Features => "features",
        }
    }

    /// Describes the stage in a few words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Unit => "unit and integration tests",
            Self::Ui => "messages of the macros",
            Self::Conformance => "conformance scenarios",
            Self::Curl => "lines of the shop's README, by curl",
            Self::Browser => "the shop's page, in Chromium",
            Self::Postgres => "durable effects on a private server of PostgreSQL",
            Self::Nats => "durable effects on private servers of NATS",
            Self::Doctest => "code blocks of the docs",
            Self::Examples => {
                "examples, run and compared with their expected output, and the lines of their READMEs"
            }
            Self::Fuzz => "random programs, against the promise that no intent is lost",
            Self::Chaos => {
                "killed producers, workers and databases, against the promise that no durable effect is lost"
            }
            Self::Fmt => "formatting",
            Self::Clippy => "lints",
            Self::Rustdoc => "docs without warnings",
            Self::Features => "every set of features",
        }
    }

    /// Runs the stage. Its output goes to the terminal.
    ///
    /// # Errors
    ///
    /// A one-line description of the failure. The details have been printed.
    pub fn run(self, workspace: &Workspace) -> Result<(), String> {
        match self {
            Self::Unit => unit(workspace),
            // The messages about a disabled feature need a build without it.
            Self::Ui => target(workspace, UI, "--all-features")
                .and_then(|()| cargo(workspace, UI_WITHOUT_FEATURES).run()),
            Self::Conformance => target(workspace, CONFORMANCE, "--all-features"),
            Self::Curl => target(workspace, CURL, "--all-features"),
            Self::Browser => target(workspace, BROWSER, "--all-features"),
            Self::Postgres => postgres(workspace),
            Self::Nats => nats(workspace),
            Self::Doctest => cargo(workspace, "test --doc --workspace --all-features").run(),
            Self::Examples => {
                examples::check(workspace)?;
                readme_lines::check(workspace)
            }
            Self::Fuzz => fuzz::run_short(workspace),
            Self::Chaos => chaos::run_short(workspace),
            Self::Fmt => cargo(workspace, "fmt --all --check").run(),
            Self::Clippy => cargo(
                workspace,
                "clippy --workspace --all-targets --all-features -- -D warnings",
            )
            .run(),
            Self::Rustdoc => cargo(workspace, "doc --workspace --no-deps --all-features")
                .env("RUSTDOCFLAGS", "-D warnings")
                .run(),
            Self::Features => features::check(workspace),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

fn cargo(workspace: &Workspace, arguments: &str) -> Cargo {
    Cargo::new(&workspace.root).args(arguments.split(' '))
}

fn unit(workspace: &Workspace) -> Result<(), String> {
    let runner = if cargo::has_subcommand("nextest") {
        "nextest run"
    } else {
        println!("cargo-nextest is not installed: using `cargo test`");
        // Like the nextest configuration, shows every failure in one run.
        "test --no-fail-fast"
    };
    // The targets are listed one by one. Nothing else that both runners support leaves some of them
    // out.
    let others = workspace
        .test_targets()
        .into_iter()
        .filter(|name| ![UI, CONFORMANCE, CURL, BROWSER, POSTGRES, NATS].contains(&&**name));
    cargo(workspace, runner)
        .args(["--workspace", "--all-features", "--lib", "--bins"])
        .args(others.flat_map(|name| ["--test".to_owned(), name]))
        .run()
}

/// Runs the tests that need PostgreSQL. They share one server, which is initialised once.
fn postgres(workspace: &Workspace) -> Result<(), String> {
    let server = airlock_servers::Postgres::start(&["fsync=off"])?;
    let (variable, value) = server.share();
    test_target(workspace, POSTGRES, "--all-features")?
        .env(variable, &value)
        .run()
}

/// Runs the tests that need NATS. They share one server, except those that kill theirs.
fn nats(workspace: &Workspace) -> Result<(), String> {
    let server = airlock_servers::Nats::start()?;
    let (variable, value) = server.share();
    test_target(workspace, NATS, "--all-features")?
        .env(variable, &value)
        .run()
}

/// Runs the test targets with this name by `cargo test`, which shows their output as it is printed.
/// `--workspace` avoids a rebuild of the dependencies with fewer features, although few packages
/// have such a target.
fn target(workspace: &Workspace, name: &str, features: &str) -> Result<(), String> {
    test_target(workspace, name, features)?.run()
}

fn test_target(workspace: &Workspace, name: &str, features: &str) -> Result<Cargo, String> {
    if !workspace.test_targets().iter().any(|target| target == name) {
        return Err(format!(
            "no package has a test target `{name}` (tests/{name}.rs)"
        ));
    }
    Ok(cargo(workspace, "test --workspace").args([features, "--test", name]))
}
