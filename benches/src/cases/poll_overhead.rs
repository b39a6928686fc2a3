//! One poll of a future in a scope, minus one bare poll.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use airlock::FlushError;

use crate::harness::{Measured, race};
use crate::run::Places;

const POLLS: usize = 100_000;

/// Returns a future that is ready at the given poll.
fn waits(polls: usize) -> impl Future<Output = Result<(), FlushError>> {
    let mut left = polls;
    poll_fn(move |_| {
        left -= 1;
        if std::hint::black_box(left) == 0 {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    })
}

fn drive(future: impl Future<Output = Result<(), FlushError>>) -> usize {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    let mut polls = 0;
    loop {
        polls += 1;
        if future.as_mut().poll(&mut cx).is_ready() {
            return polls;
        }
    }
}

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let ours = || drive(airlock::scope().run_async(async |_| waits(POLLS).await));
    let peer = || drive(waits(POLLS));
    let (ours, peer) = race(POLLS, ours, peer);
    let mut measured = Measured::ratio("poll_overhead_ns", (ours, peer), "ns per poll");
    measured.value = ours - peer;
    Ok(vec![measured.at_most_nanos(5.0)])
}
