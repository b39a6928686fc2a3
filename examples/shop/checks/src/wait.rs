//! Waiting for what comes some time.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take. What a killed worker had under way is performed by another one after 10 seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// Waits until something holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        sleep(Duration::from_millis(20));
    }
}
