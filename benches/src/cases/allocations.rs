//! Allocations and memory, counted by the allocator.

use std::alloc::System;
use std::hint::black_box;

use airlock::FlushError;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

use crate::harness::{Budget, Measured};
use crate::run::Places;
use crate::work::record;

pub(super) const ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A capacity that the growing buffer reaches. A number between two capacities would leave up to
/// half of the buffer empty.
const INTENTS: u64 = 8_192;
const CALLS: u64 = 1_000;

/// Has 48 bytes of arguments.
#[airlock::effect]
fn wide(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) {
    black_box((a, b, c, d, e, f));
}

#[airlock::boundary]
fn empty(order: u64) -> Result<u64, FlushError> {
    Ok(black_box(order))
}

pub(super) fn counted(work: impl FnOnce()) -> Stats {
    let region = Region::new(ALLOCATOR);
    work();
    region.change()
}

/// Returns the bytes by which the memory of a scope grows with this many enqueues.
pub(super) fn bytes_held(intents: u64) -> f64 {
    let mut held = 0;
    let ended = airlock::scope().run_infallible(|_| {
        let stats =
            counted(|| (0..intents).for_each(|n| _ = airlock::enqueue(wide(n, 1, 2, 3, 4, 5))));
        held = stats
            .bytes_allocated
            .saturating_sub(stats.bytes_deallocated);
    });
    assert!(ended.is_ok());
    held as f64
}

/// Returns the bytes that a scope holds after it has captured this many intents from a nested one.
fn bytes_captured(intents: u64) -> f64 {
    let mut held = 0;
    let ended = airlock::scope().run_infallible(|_| {
        let stats = counted(|| {
            let ended = airlock::scope().run_infallible(|_| {
                (0..intents).for_each(|n| _ = airlock::enqueue(wide(n, 1, 2, 3, 4, 5)));
            });
            assert!(ended.is_ok());
        });
        held = stats
            .bytes_allocated
            .saturating_sub(stats.bytes_deallocated);
    });
    assert!(ended.is_ok());
    held as f64
}

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    // Allocations that a thread or a buffer makes once do not count.
    for warm_up in 0..CALLS {
        assert!(empty(warm_up).is_ok());
    }
    let boundaries = counted(|| (0..CALLS).for_each(|n| assert!(empty(n).is_ok())));
    let bytes = bytes_held(INTENTS) / INTENTS as f64;
    let captured = bytes_captured(INTENTS) / INTENTS as f64;
    let mut enqueues = Stats::default();
    let ended = airlock::scope().run_infallible(|_| {
        (0..INTENTS).for_each(|n| _ = airlock::enqueue(record(n, 7, 99)));
        // The next intent doubles the buffer. That allocation belongs to no single enqueue.
        airlock::enqueue(record(0, 7, 99));
        enqueues = counted(|| (1..CALLS).for_each(|n| _ = airlock::enqueue(record(n, 7, 99))));
    });
    assert!(ended.is_ok());
    let per_call = |stats: Stats| (stats.allocations + stats.reallocations) as f64 / CALLS as f64;
    Ok(vec![
        Measured::cost("bytes_per_intent", bytes, "bytes").budget(Budget::AtMost(160.0)),
        Measured::cost("bytes_per_captured_intent", captured, "bytes")
            .budget(Budget::AtMost(160.0)),
        Measured::cost("allocations_per_enqueue", per_call(enqueues), "allocations")
            .budget(Budget::AtMost(0.0)),
        Measured::cost(
            "allocations_per_empty_boundary",
            per_call(boundaries),
            "allocations",
        )
        .budget(Budget::AtMost(0.0)),
    ])
}
