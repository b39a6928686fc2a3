//! Random programs against one promise: no intent is lost, and none is performed twice.
//!
//! `generate` makes a `program` from a seed. `run` executes it through airlock's public API, also
//! dropped at every pending poll, and writes what happens into a `ledger`. The ledger knows no rule of
//! routing or judging. It only checks that each accepted intent has one fate in one final report, that its
//! body succeeds at most once, and that what failed comes back. `shrink` makes a failing program small.

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
