//! The work that both sides do. It is nearly free, but cannot be optimised away.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

static SUM: AtomicU64 = AtomicU64::new(0);

/// Does the work of an effect.
#[inline(never)]
pub(crate) fn act(order: u64, customer: u64, cents: u64) {
    SUM.fetch_add(black_box(order ^ customer ^ cents), Ordering::Relaxed);
}

/// A small sync effect.
#[airlock::effect]
pub(crate) fn record(order: u64, customer: u64, cents: u64) {
    act(order, customer, cents);
}

/// The same work, boxed by hand.
pub(crate) type Boxed = Box<dyn FnOnce() + Send>;

/// Returns the closure that a user would write.
pub(crate) fn boxed(order: u64, customer: u64, cents: u64) -> Boxed {
    Box::new(move || act(order, customer, cents))
}
