//! Runs the real program on a workspace like those of users.

mod allowed;
mod argument_types;
mod catalogue;
mod contracts;
mod corpus;
mod damage;
mod denials;
mod diffs;
mod explanations;
mod fixture;
mod graphs;
mod guards;
mod lints;
#[allow(clippy::print_stderr, reason = "it says which tools it left out")]
mod matrix;
mod plans;
