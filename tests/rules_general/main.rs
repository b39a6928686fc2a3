//! The tests of `rules` again, on the general path.
//!
//! `tests/rules` flushes most scopes on the fast path. Here the fixture's airlock explicitly sets
//! [`Inline`](airlock::executor::Inline), the default executor, which disables the fast path.

#[path = "../rules/main.rs"]
mod rules;

use rules::fixture;
