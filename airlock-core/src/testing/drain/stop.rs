//! The conditions on which a drain stops.

use std::panic::Location;
use std::time::Duration;

use crate::testing::Progress;

/// The condition on which a drain stops. A drain also stops when nothing is due any more.
pub(super) trait Stop {
    /// Returns the last virtual time at which something is performed.
    fn horizon(&self) -> Option<Duration> {
        None
    }

    /// Returns `true` if the drain is to stop. Called after each performed delivery.
    fn is_reached(&mut self, so_far: &Progress<'_>) -> bool {
        let _ = so_far;
        false
    }

    /// Returns the location of a predicate that must hold at some point of the drain.
    fn must_hold(&self) -> Option<&'static Location<'static>> {
        None
    }
}

/// Stops only when nothing is due any more.
pub(super) struct Idle;

impl Stop for Idle {}

/// Stops when this much virtual time has passed.
pub(super) struct Within(pub(super) Duration);

impl Stop for Within {
    fn horizon(&self) -> Option<Duration> {
        Some(self.0)
    }
}

/// Stops when a predicate holds.
pub(super) struct Once<P> {
    pub(super) predicate: P,
    pub(super) location: &'static Location<'static>,
}

impl<P: FnMut(&Progress<'_>) -> bool> Stop for Once<P> {
    fn is_reached(&mut self, so_far: &Progress<'_>) -> bool {
        (self.predicate)(so_far)
    }

    fn must_hold(&self) -> Option<&'static Location<'static>> {
        Some(self.location)
    }
}
