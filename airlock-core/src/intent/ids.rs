//! Ids of intents and scopes: numbers that are unique in the process.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::num::NonZeroU64;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// The number of ids that a thread takes at a time, so that threads do not contend for each.
const BLOCK: u64 = 1024;

static NEXT_BLOCK: AtomicU64 = AtomicU64::new(0);

/// The ids that a thread has taken and not used yet.
pub(crate) struct IdSource {
    next: Cell<u64>,
}

impl IdSource {
    pub(crate) const fn new() -> Self {
        Self { next: Cell::new(0) }
    }

    /// Returns the next id.
    #[inline]
    pub(crate) fn next(&self) -> NonZeroU64 {
        // Ids count from 1, so a multiple of the block size is the last id of a block. The initial 0 is one, too.
        let mut id = self.next.get();
        if id.is_multiple_of(BLOCK) {
            id = next_block();
        }
        self.next.set(id + 1);
        NonZeroU64::new(id + 1).unwrap_or(NonZeroU64::MIN)
    }
}

/// Takes a block. Returns the id before its first.
#[cold]
fn next_block() -> u64 {
    NEXT_BLOCK.fetch_add(BLOCK, Ordering::Relaxed)
}

thread_local! {
    static IDS: IdSource = const { IdSource::new() };
}

/// Returns the next id.
///
/// Works until the very end of the thread: a thread-local without a destructor is never gone, so `with` does not
/// panic.
#[inline]
pub(crate) fn next_id() -> NonZeroU64 {
    IDS.with(IdSource::next)
}

/// Identifies an intent in this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct IntentId(pub(crate) NonZeroU64);

/// Identifies a scope in this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct ScopeId(pub(crate) NonZeroU64);

impl IntentId {
    /// Returns the id as a number.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// Returns the id for use outside of this process: a version 7 UUID. Durable intents are stored and sent with it.
    ///
    /// Its time is that of the first call in this process. The other bits are a random number and this id. The UUIDs
    /// are therefore unique, and those of one process sort like the ids.
    ///
    /// ```
    /// #[airlock::effect]
    /// fn notify_warehouse(order: u64) {}
    ///
    /// airlock::scope().run_infallible(|_| {
    ///     let id = airlock::enqueue(notify_warehouse(7));
    ///     assert_eq!(id.uuid().get_version_num(), 7);
    ///     assert_eq!(id.uuid(), id.uuid());
    /// })?;
    /// # Ok::<(), airlock::FlushError>(())
    /// ```
    pub fn uuid(self) -> Uuid {
        let Start { millis, random } = *START;
        // 48 bits of time, 12 and 22 bits of the number, 40 random bits. Higher bits of the number are added to the
        // time. Reading the clock once per process keeps an enqueue that needs the UUID cheap.
        let number = self.get();
        let millis = millis.wrapping_add(number >> NUMBER_BITS);
        let number = number & ((1 << NUMBER_BITS) - 1);
        let high = (millis << 16) | 0x7000 | (number >> 22);
        let low = (0b10 << 62) | ((number & 0x3f_ffff) << 40) | random;
        Uuid::from_u64_pair(high, low)
    }
}

/// The number of bits of an id that are in the random part of the UUID.
const NUMBER_BITS: u32 = 34;

/// The time of the first UUID of this process, and a random number that distinguishes it from other processes.
struct Start {
    millis: u64,
    random: u64,
}

static START: LazyLock<Start> = LazyLock::new(|| {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let since_epoch = since_epoch.unwrap_or_default();
    // The standard library seeds its hasher from the operating system.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u128(since_epoch.as_nanos());
    hasher.write_u32(std::process::id());
    Start {
        millis: since_epoch.as_millis() as u64,
        random: hasher.finish() & ((1 << 40) - 1),
    }
});

impl ScopeId {
    /// Returns the id as a number.
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
