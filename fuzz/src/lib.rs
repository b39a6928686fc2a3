//! Runs random programs against one promise: no intent is lost, and none is performed twice.
//!
//! `generate` creates a `program` from a seed. `run` executes it through airlock's public API, and
//! again for each pending poll, where it drops the program. It records all events in a `ledger`.
//!
//! The ledger knows no rules of routing or judging. It only checks that each accepted intent has
//! one fate in one final report, that its body succeeds at most once, and that failed intents come
//! back. `shrink` reduces a failing program.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

mod arguments;
mod effects;
mod executors;
mod generate;
mod interpret;
mod interpret_async;
mod ledger;
mod print;
mod program;
mod random;
mod run;
mod shrink;
mod stopping;
mod world;

pub use self::arguments::Arguments;
pub use self::run::fuzz;
