//! When a drain stops.

use std::panic::Location;
use std::time::Duration;

use crate::testing::Progress;

/// Decides when a drain stops, unless nothing is due before that.
pub(super) trait Stop {
    /// The last moment of virtual time at which something is performed.
    fn horizon(&self) -> Option<Duration> {
        None
    }

    /// Called after each performed delivery. Returns whether the drain stops.
    fn is_reached(&mut self, so_far: &Progress<'_>) -> bool {
        let _ = so_far;
        false
    }

    /// The line of a predicate that has to hold before nothing is due any more.
    fn must_hold(&self) -> Option<&'static Location<'static>> {
        None
    }
}

/// Never stops before everything is performed.
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
