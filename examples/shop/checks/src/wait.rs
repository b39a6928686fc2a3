//! Waiting for a condition.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// The maximum time for anything. Another worker performs the effects of a killed worker after 10 seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// Waits until a condition holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        sleep(Duration::from_millis(20));
    }
}
