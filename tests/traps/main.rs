//! Mistakes of a first week: each is impossible, or is reported where it is made.

mod reports;
mod resources;
mod scopes;
