//! The order and the times at which a drain performs effects.

use std::time::Duration;

use airlock::Airlock;
use airlock::prelude::*;
use airlock::testing::{Captured, capture};
use airlock_test_support::Log;

use crate::fixture::{airlock, block_on};

const MINUTE: Duration = Duration::from_secs(60);

/// Succeeds on the third attempt, and then enqueues a line to jot.
fn third_time(log: &Log, name: &str) -> Result<(), String> {
    log.add(name);
    if log.count(name) < 3 {
        return Err("not yet".to_owned());
    }
    airlock::enqueue(jot(format!("caused by {name}")));
    Ok(())
}

#[airlock::effect]
fn jot(#[resource] log: &Log, line: String) {
    log.add(line);
}

#[airlock::effect(retry(attempts = 3, delay = "40m", factor = 1, max_delay = "1h"))]
fn patient(#[resource] log: &Log, name: String) -> Result<(), String> {
    third_time(log, &name)
}

#[airlock::effect(retry(attempts = 3, delay = "10s", factor = 1, max_delay = "1h"))]
fn hasty(#[resource] log: &Log, name: String) -> Result<(), String> {
    third_time(log, &name)
}

/// Returns the attempts and the start times of effects, for a sync and for an async drain.
fn both_ways(enqueue: impl Fn()) -> [(Vec<String>, Vec<Duration>); 2] {
    let drained = |drain: &dyn Fn(Captured<()>, &Airlock) -> airlock::testing::Drained| {
        let log = Log::default();
        let drained = drain(capture(&enqueue), &airlock(&log));
        let entries = drained.entries().iter();
        let times = entries.map(airlock::testing::DrainEntry::at).collect();
        (log.lines(), times)
    };
    [
        drained(&|captured, airlock| captured.drain(airlock).expect("it finishes")),
        drained(&|captured, airlock| block_on(captured.drain_async(airlock)).expect("it finishes")),
    ]
}

#[test]
fn several_that_wait_to_be_tried_again_each_have_their_time() {
    for (lines, times) in both_ways(|| {
        airlock::enqueue(patient("f1".to_owned()));
        airlock::enqueue(patient("f2".to_owned()));
        airlock::enqueue(jot("at 50".to_owned()).after(50 * MINUTE));
    }) {
        let expected = [
            "f1",
            "f2",
            "f1",
            "f2",
            "at 50",
            "f1",
            "f2",
            "caused by f1",
            "caused by f2",
        ];
        assert_eq!(lines, expected);
        assert_eq!(times, [0, 0, 50, 80, 80].map(|minutes| minutes * MINUTE));
    }
}

#[test]
fn one_that_waits_a_short_time_is_not_held_up_by_one_that_waits_longer() {
    for (lines, _) in both_ways(|| {
        airlock::enqueue(hasty("hasty".to_owned()));
        airlock::enqueue(patient("patient".to_owned()));
    }) {
        assert_eq!(
            lines[..6],
            [
                "hasty",
                "patient",
                "hasty",
                "hasty",
                "caused by hasty",
                "patient"
            ]
        );
    }
}
