//! An async boundary with two effects, against the bare function that calls the two.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use airlock::FlushError;

use crate::harness::{Measured, race};
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

/// Polls a future that never waits.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

pub fn run() -> Result<Vec<Measured>, String> {
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
    Ok(vec![Measured::ratio(
        "boundary_async_vs_bare",
        times,
        "ns per call",
    )])
}
