//! Plans: what a program would dispatch, written to a file to review, and applied later.
//!
//! Programs use the facade's module `airlock::plan`.

mod apply;
mod collect;
mod done;
mod file;
mod plan;
mod summary;

pub use airlock_durable::Keys;

pub use self::apply::{Applied, Apply, ApplyError, FailedIntent, Progress};
pub use self::plan::{Plan, PlanError, Planned};
pub use self::summary::{DroppedByPolicy, PlannedEffect, Summary};
