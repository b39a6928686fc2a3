//! An async boundary with two effects, compared with a bare function that makes the two calls.

use airlock::FlushError;

use crate::harness::{Measured, at_once, race};
use crate::run::Places;
use crate::work::{act, record};

const CALLS: u64 = 10_000;

#[airlock::boundary]
async fn ours(order: u64) -> Result<u64, FlushError> {
    airlock::enqueue(record(order, 7, 99));
    airlock::enqueue(record(order, 8, 99));
    Ok(order)
}

async fn bare(order: u64) -> Result<u64, FlushError> {
    act(order, 7, 99);
    act(order, 8, 99);
    Ok(order)
}

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let ours = || {
        (0..CALLS)
            .map(|order| at_once(ours(order)).is_ok())
            .filter(|ok| *ok)
            .count()
    };
    let peer = || {
        (0..CALLS)
            .map(|order| at_once(bare(order)).is_ok())
            .filter(|ok| *ok)
            .count()
    };
    let times = race(CALLS as usize, ours, peer);
    let mut measured = Measured::ratio("boundary_async_overhead_ns", times, "ns per call");
    measured.value = times.0 - times.1;
    Ok(vec![measured.at_most_nanos(90.0)])
}
