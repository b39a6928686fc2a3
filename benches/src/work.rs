//! The work that both sides do: it costs next to nothing, and cannot be left out.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

static SUM: AtomicU64 = AtomicU64::new(0);

/// What an effect does.
#[inline(never)]
pub(crate) fn act(order: u64, customer: u64, cents: u64) {
    SUM.fetch_add(black_box(order ^ customer ^ cents), Ordering::Relaxed);
}

/// A small sync effect.
#[airlock::effect]
pub(crate) fn record(order: u64, customer: u64, cents: u64) {
    act(order, customer, cents);
}

/// The same, boxed by hand.
pub(crate) type Boxed = Box<dyn FnOnce() + Send>;

/// The closure that a user would write.
pub(crate) fn boxed(order: u64, customer: u64, cents: u64) -> Boxed {
    Box::new(move || act(order, customer, cents))
}
