//! The cost of our events without a subscriber, and with one that counts them.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::harness::{Measured, race};
use crate::run::Places;
use crate::work::record;

const INTENTS: u64 = 1_000;

/// A subscriber that counts spans and events.
struct Counting(AtomicU64);

impl Subscriber for Counting {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn flush() -> bool {
    let ended = airlock::scope().run_infallible(|_| {
        for order in 0..INTENTS {
            airlock::enqueue(record(order, 7, 99));
        }
    });
    ended.is_ok()
}

/// Executes only the three statements that each effect executes.
fn events() {
    for order in 0..INTENTS {
        let order = black_box(order);
        tracing::trace!(target: "airlock", order, "enqueued");
        let span = tracing::debug_span!(target: "airlock", "perform", order);
        let _entered = span.enter();
        tracing::debug!(target: "airlock", order, "dispatched");
    }
}

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    // Off: the cost of three statements without a subscriber, divided by the total cost of an
    // effect.
    let (events, whole) = race(INTENTS as usize, events, flush);
    let mut off = Measured::ratio("tracing_off", (events, whole), "ns per effect");
    off.value = events / whole;
    let dispatch = tracing::Dispatch::new(Counting(AtomicU64::new(0)));
    let on = || tracing::dispatcher::with_default(&dispatch, flush);
    let on = race(INTENTS as usize, on, flush);
    Ok(vec![
        off,
        Measured::ratio("tracing_on", on, "ns per effect"),
    ])
}
