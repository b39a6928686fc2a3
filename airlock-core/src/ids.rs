//! Numbers for intents and scopes, unique in the process.

use std::cell::Cell;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many numbers a thread takes at a time, so that threads do not contend for each.
const BLOCK: u64 = 1024;

static NEXT_BLOCK: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

pub(crate) fn next_id() -> NonZeroU64 {
    let id = NEXT.try_with(|next| {
        // Numbers count from 1, so a multiple of the block size is the last one of a block.
        let mut id = next.get();
        if id % BLOCK == 0 {
            id = NEXT_BLOCK.fetch_add(BLOCK, Ordering::Relaxed);
        }
        next.set(id + 1);
        id + 1
    });
    // While a thread ends its thread-locals are gone; then a whole block is spent on one number.
    let id = id.unwrap_or_else(|_| NEXT_BLOCK.fetch_add(BLOCK, Ordering::Relaxed) + 1);
    NonZeroU64::new(id).unwrap_or(NonZeroU64::MIN)
}
