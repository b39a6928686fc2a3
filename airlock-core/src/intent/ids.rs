//! Ids of intents and scopes: numbers that are unique in the process.

use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many numbers a thread takes at a time, so that threads do not contend for each.
const BLOCK: u64 = 1024;

static NEXT_BLOCK: AtomicU64 = AtomicU64::new(0);

/// The numbers that a thread has taken and not used yet.
pub(crate) struct IdSource {
    next: Cell<u64>,
}

impl IdSource {
    pub(crate) const fn new() -> Self {
        Self { next: Cell::new(0) }
    }

    #[inline]
    pub(crate) fn next(&self) -> NonZeroU64 {
        // Numbers count from 1, so a multiple of the block size is the last one of a block.
        let mut id = self.next.get();
        if id.is_multiple_of(BLOCK) {
            id = next_block();
        }
        self.next.set(id + 1);
        NonZeroU64::new(id + 1).unwrap_or(NonZeroU64::MIN)
    }
}

#[cold]
fn next_block() -> u64 {
    NEXT_BLOCK.fetch_add(BLOCK, Ordering::Relaxed)
}

thread_local! {
    static IDS: IdSource = const { IdSource::new() };
}

/// The next number. An [`IdSource`] without a destructor serves until the very end of its thread.
#[inline]
pub(crate) fn next_id() -> NonZeroU64 {
    IDS.with(IdSource::next)
}

/// Identifies an intent among all of this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct IntentId(pub(crate) NonZeroU64);

/// Identifies a scope among all of this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct ScopeId(pub(crate) NonZeroU64);

impl IntentId {
    /// The id as a number.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl ScopeId {
    /// The id as a number.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Debug for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IntentId({})", self.0)
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

impl fmt::Debug for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeId({})", self.0)
    }
}
