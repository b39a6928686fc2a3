//! Runs the real program on a workspace like those of users.

mod catalogue;
mod contracts;
mod damage;
mod diffs;
mod explanations;
mod fixture;
mod graphs;
mod guards;
mod lints;
#[allow(clippy::print_stderr, reason = "it says which tools it left out")]
mod matrix;
