//! The tests of the rules again, on the general path.
//!
//! `tests/rules` flushes most scopes on the fast path. Here the airlock of the fixture names the executor
//! [`Inline`](airlock::executor::Inline), which is the default, and this alone rules the fast path out.

#[path = "../rules/main.rs"]
mod rules;

use rules::fixture;
