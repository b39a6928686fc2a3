//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::graph::Draw;
use crate::commands::list::List;
use crate::commands::lock::{Check, Lock};
use crate::report::{BoxError, Report};

/// What cargo calls: `cargo-airlock airlock ..`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", disable_help_subcommand = true)]
pub(crate) enum CommandLine {
    /// What effects a program can have, without running it
    #[command(version, subcommand, arg_required_else_help = true, after_help = EXIT_CODES)]
    Airlock(Command),
}

const EXIT_CODES: &str = "\
Exit codes: 0 all is well; 1 there are findings (a broken contract, a lint, two effects of one id);
2 the command line is wrong, or something could not be built or read.";

/// A subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List every effect and boundary of a program
    #[command(after_help = LIST)]
    List(List),
    /// Write effects.lock: the contracts that messages in flight rely on
    #[command(after_help = LOCK)]
    Lock(Lock),
    /// Fail if a durable contract in effects.lock is broken
    #[command(after_help = CHECK)]
    Check(Check),
    /// Draw boundaries, what they emit, and the resources that effects need
    #[command(after_help = GRAPH)]
    Graph(Draw),
}

const LIST: &str = "\
Examples:
  cargo airlock list                          what `cargo build` builds, read from the built files
  cargo airlock list --bin shop --release     one program, as it is shipped
  cargo airlock list target/release/shop      a file that is built already
  cargo airlock list --id 'mail.*' --durable  which messages of mail may be in flight?
  cargo airlock list --format json | jq '.effects[].id'";

const LOCK: &str = "\
Examples:
  cargo airlock lock                    what `cargo build` builds; then commit effects.lock
  cargo airlock lock --bin worker --lock-file worker.lock
  cargo airlock lock --accept-breaking  once no message of the old contract is left

Exit codes: 0 written; 1 not written, since a contract would break; 2 could not be built, read or written.";

const CHECK: &str = "\
Select what `cargo airlock lock` was given: an effect that is not looked at counts as gone.

Examples:
  cargo airlock check                    in CI, before the deployment
  cargo airlock check --exact            the lock file must be up to date, too
  cargo airlock check --format markdown  for a comment on the pull request

Exit codes: 0 compatible; 1 a durable contract is broken; 2 could not be built or read.";

const GRAPH: &str = "\
Examples:
  cargo airlock graph                                  Mermaid, for a README
  cargo airlock graph --bin shop --output effects.html a page to look at
  cargo airlock graph --output effects.svg --crate mail
  cargo airlock graph --format dot | dot -Tpdf > effects.pdf";

impl Command {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        match self {
            Self::List(list) => list.run(),
            Self::Lock(lock) => lock.run(),
            Self::Check(check) => check.run(),
            Self::Graph(draw) => draw.run(),
        }
    }
}
