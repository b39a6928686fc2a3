//! Rows that must be linear: the time per item at four sizes, each twice the previous one.
//!
//! A row is a function that does the work of one size. [`row`] measures it. Each of the other files
//! holds the rows about one topic: nesting, routing, policies, cascades, and work that is already
//! flat.

mod capture;
mod cascades;
mod flat;
mod guards;
mod nesting;
mod policies;
mod routing;
mod row;
mod stack;

use self::row::Row;

pub(super) use self::cascades::stack_of_cascades;

// The rows, in the order of the report.
pub(super) const NESTED_INNERMOST: Row = nesting::INNERMOST;
pub(super) const NESTED_INNERMOST_CLOSURES: Row = nesting::INNERMOST_CLOSURES;
pub(super) const NESTED_EACH_LEVEL: Row = nesting::EACH_LEVEL;
pub(super) const CAPTURE_INTENTS: Row = capture::INTENTS;
pub(super) const CAPTURE_LEVELS: Row = capture::LEVELS;
pub(super) const TWO_EXECUTORS: Row = routing::TWO_EXECUTORS;
pub(super) const SCOPES_WITH_EXECUTORS: Row = routing::SCOPES_WITH_EXECUTORS;
pub(super) const BATCH_FROM_SCOPES: Row = routing::BATCH_FROM_SCOPES;
pub(super) const SCOPES_UNDER_AIRLOCK_POLICY: Row = policies::UNDER_AIRLOCK_POLICY;
pub(super) const SCOPES_UNDER_PARENT_POLICY: Row = policies::UNDER_PARENT_POLICY;
pub(super) const HANDLES_UNDER_POLICIES: Row = policies::HANDLES;
pub(super) const ONE_POLICY: Row = policies::ONE_POLICY;
pub(super) const REASSIGNED_GUARDS: Row = guards::REASSIGNED;
pub(super) const CASCADE_SYNC: Row = cascades::SYNC;
pub(super) const CASCADE_ASYNC: Row = cascades::ASYNC;
pub(super) const SPAWN_CHAIN: Row = cascades::SPAWN;
pub(super) const TASKS: Row = flat::TASKS;
pub(super) const COALESCING: Row = flat::COALESCING;
