//! The real program, on a workspace like those of users.

mod catalogue;
mod contracts;
mod damage;
mod explanations;
mod fixture;
mod graphs;
mod lints;
mod matrix;
