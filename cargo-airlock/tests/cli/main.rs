//! The real program, on a workspace like those of users.

mod catalogue;
mod contracts;
mod fixture;
mod graphs;
mod matrix;
