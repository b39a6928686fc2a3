//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::diff::Diff;
use crate::commands::explain::Explain;
use crate::commands::graph::Draw;
use crate::commands::lint::Lint;
use crate::commands::list::List;
use crate::commands::lock::{Check, Lock};
use crate::commands::plan::Plan;
use crate::report::{BoxError, Report};

/// The arguments as cargo passes them: `cargo-airlock airlock ..`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", disable_help_subcommand = true)]
pub(crate) enum CommandLine {
    /// List, check and draw the effects of a program, without running it
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
    /// Write effects.lock: the contracts of the durable effects
    #[command(after_help = LOCK)]
    Lock(Lock),
    /// Fail if a durable contract in effects.lock is broken
    #[command(after_help = CHECK)]
    Check(Check),
    /// Compare two versions: what boundaries may emit, contracts, keys and other properties
    #[command(after_help = DIFF)]
    Diff(Diff),
    /// Draw boundaries, the effects that they emit, and the resources that effects need
    #[command(after_help = GRAPH)]
    Graph(Draw),
    /// Find effects that bypass airlock, and guards held across an await
    #[command(after_help = LINT)]
    Lint(Lint),
    /// Explain one effect or boundary in full
    #[command(after_help = EXPLAIN)]
    Explain(Explain),
    /// Look through the file of a plan before it is applied
    #[command(after_help = PLAN)]
    Plan(Plan),
}

const LIST: &str = "\
Examples:
  cargo airlock list                          what `cargo build` builds, read from the built files
  cargo airlock list --bin shop --release     one program, as it is shipped
  cargo airlock list target/release/shop      a file that is built already
  cargo airlock list --id 'mail.*' --durable  which messages of mail may be in flight?
  cargo airlock list --format json | jq '.effects[].id'

Exit codes: 0 listed; 1 listed, but the program is invalid: two effects have the same id, or two
versions of airlock are linked; 2 could not be built or read.";

const LOCK: &str = "\
Examples:
  cargo airlock lock                    what `cargo build` builds; then commit effects.lock
  cargo airlock lock --bin worker --lock-file worker.lock
  cargo airlock lock --accept-breaking  once no message of the old contract is left

Exit codes: 0 written; 1 not written, since a contract would break; 2 could not be built, read or written.";

const CHECK: &str = "\
Select the same targets as for `cargo airlock lock`: an effect that is not selected counts as removed.
Types are compared by name: `airlock::testing::golden!` tests what is inside of them.

Examples:
  cargo airlock check                    in CI, before the deployment
  cargo airlock check --exact            the lock file must be up to date, too
  cargo airlock check --format markdown  for a comment on the pull request

Exit codes: 0 compatible; 1 a durable contract is broken; 2 could not be built or read.";

const DIFF: &str = "\
A revision is checked out into a temporary worktree and built there, with dependencies in target/airlock-diff.
Submodules are not checked out. To decide whether messages in flight break, use `cargo airlock check`.

Examples:
  cargo airlock diff v1.2.0 HEAD --bin shop
  cargo airlock diff main                          main, and the working tree as it is
  cargo airlock diff old/shop target/release/shop  two files that are built already
  cargo airlock diff origin/main HEAD --format markdown > comment.md

Exit codes: 0 compared; 1 not compared, since one of the programs is invalid: two effects have the same id,
or two versions of airlock are linked; 2 there is no such revision, or it could not be built or read.";

const GRAPH: &str = "\
Examples:
  cargo airlock graph                                  Mermaid, for a README
  cargo airlock graph --bin shop --output effects.html a page to look at
  cargo airlock graph --output effects.svg --crate mail
  cargo airlock graph --output effects.svg --group module
  cargo airlock graph --format dot | dot -Tpdf > effects.pdf

Exit codes: 0 drawn; 1 drawn, but the program is invalid: two effects have the same id, or two
versions of airlock are linked; 2 could not be built, read or written.";

const LINT: &str = "\
Rules:
  perform-now          an effect is performed at once, outside tests
  await-holding-guard  the guard of a scope or policy is held across an await, outside tests
  spawn                the domain starts a task, a thread or a process
  deny-path            the domain uses a client that you list

Code in the domain, and code that it calls in this workspace, may not act itself. The bodies of
effects may. In Cargo.toml:

  [package.metadata.airlock]
  domain = [\"crate::orders\"]
  deny-paths = [\"reqwest::Client\", \"lettre\"]

It reads source code and proves nothing: it follows paths through `use` and re-exports, and a method where only
one in the workspace has its name. It knows no types: it misses calls through trait objects, generics,
function pointers and macros that it cannot read, and methods of values whose type is not named. It misses
guards that a function returns or that lie in other values.

Examples:
  cargo airlock lint
  cargo airlock lint --domain shop::orders --deny-path reqwest::Client
  cargo airlock lint --write-todo    what is there is known; only more fails

Exit codes: 0 nothing new; 1 findings; 2 the source or the configuration could not be read.";

const EXPLAIN: &str = "\
Examples:
  cargo airlock explain mail.send
  cargo airlock explain checkout --bin shop        a boundary: what it emits, and what that needs
  cargo airlock explain mail.send --format markdown
  cargo airlock explain SendMail target/release/shop

Exit codes: 0 explained; 1 explained, but the program is invalid: two effects have the same id, or two
versions of airlock are linked; 2 nothing has this name, or it could not be built or read.";

const PLAN: &str = "\
Examples:
  cargo airlock plan show backfill.plan
  cargo airlock plan show backfill.plan --effect mail.send --limit 1000

Exit codes: 0 shown; 1 shown, but the file is incomplete; 2 it could not be read, or is no plan.";

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// If the subcommand cannot produce a result.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        match self {
            Self::List(list) => list.run(),
            Self::Lock(lock) => lock.run(),
            Self::Check(check) => check.run(),
            Self::Diff(diff) => diff.run(),
            Self::Graph(draw) => draw.run(),
            Self::Lint(lint) => lint.run(),
            Self::Explain(explain) => explain.run(),
            Self::Plan(plan) => plan.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{CHECK, CommandLine, DIFF, EXPLAIN, GRAPH, LINT, LIST, LOCK, PLAN};

    /// Returns the command in a line of an example, if it contains one.
    fn command(line: &str) -> Option<Vec<String>> {
        let line = line.trim().trim_start_matches("- run: ");
        let command = line.trim_start_matches("run: ");
        if !command.starts_with("cargo airlock ") || command.contains(" ..") {
            return None;
        }
        let end = ["  ", " |", " >", " #"]
            .into_iter()
            .filter_map(|end| command.find(end))
            .min();
        let words = command[..end.unwrap_or(command.len())].split_whitespace();
        Some(
            words
                .map(|word| word.trim_matches('\'').to_owned())
                .collect(),
        )
    }

    #[test]
    fn every_command_in_help_and_docs_is_one() {
        let documents = [
            (
                "help",
                [LIST, LOCK, CHECK, DIFF, GRAPH, LINT, EXPLAIN, PLAN].join("\n"),
            ),
            ("README", include_str!("../README.md").to_owned()),
            (
                "catalogue",
                include_str!("../../docs/catalogue.md").to_owned(),
            ),
            (
                "catalogue-in-ci",
                include_str!("../../docs/catalogue-in-ci.md").to_owned(),
            ),
        ];
        for (document, text) in documents {
            let commands: Vec<_> = text.lines().filter_map(command).collect();
            assert!(commands.len() > 2, "{document}");
            for command in commands {
                if let Err(error) = CommandLine::try_parse_from(&command) {
                    panic!("{document}: {}: {error}", command.join(" "));
                }
            }
        }
    }
}
