//! The points at which a run can be interrupted.

use std::fmt;
use std::panic::Location;

use crate::effect::EffectDescriptor;
use crate::intent::Intent;

/// A point at which a run can be interrupted.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) at: At,
    pub(super) which: Option<Which>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Enqueue,
    Dispatch,
    BeforeBody,
    AfterBody,
    /// A pending await, with its number in the run.
    Await(usize),
}

/// The intent at a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Which {
    effect: &'static EffectDescriptor,
    enqueued_at: &'static Location<'static>,
}

impl Which {
    pub(super) fn new(intent: &Intent) -> Self {
        Self {
            effect: intent.effect(),
            enqueued_at: intent.location(),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Enqueue => f.write_str("a panic at an enqueue"),
            At::Dispatch => f.write_str("a dispatch that fails"),
            At::BeforeBody => f.write_str("a panic before an effect's body"),
            At::AfterBody => f.write_str("a panic after an effect's body"),
            At::Await(nth) => write!(f, "a cancellation at pending await {nth}"),
        }
    }
}

/// Prints the fault and the intent that it concerns.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.fmt(f)?;
        match (&self.at, &self.which) {
            (At::Await(_), None) => f.write_str(", outside of effects"),
            (At::Await(_), Some(which)) => write!(f, ", in {which}"),
            (_, Some(which)) => write!(f, ": {which}"),
            (_, None) => Ok(()),
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            effect,
            enqueued_at,
        } = self;
        write!(f, "`{}`, enqueued at {enqueued_at}", effect.id())
    }
}
