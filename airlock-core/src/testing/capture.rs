//! Capturing what a block of code enqueues.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::{Around, Shared};
use crate::dry_run::{collect, collect_async};
use crate::intent::{Intent, IntentId};
use crate::scope::{OpenScope, Scope, SyncValue};
use crate::testing::drain::Plan;
use crate::testing::message::rows;
use crate::testing::source::{KeepsArguments, Source};
use crate::testing::{AssertionLog, Seen};

/// Runs a block and captures the intents that it enqueues. Intents that were enqueued before, or that
/// the surrounding scope holds, are not included.
///
/// An async block does not compile; [`capture_async`] awaits it.
///
/// The block runs in a scope that nothing leaves. The capture contains, in order, the intents that the
/// block enqueues itself and those that its inner boundaries and scopes would dispatch. Intents that
/// these discard are not included.
///
/// Policies around the block apply, vetoes included. Intents that a policy would drop at dispatch are
/// captured; [`drain`](Captured::drain) applies that decision. A delay is accepted unless an executor
/// that is configured around the block refuses it.
///
/// The capture does not cover spawned tasks and threads, unless the scope is passed to them. Nor does it
/// cover code that the block runs in another airlock: capture inside
/// [`Airlock::run`](crate::Airlock::run), not around it.
///
/// ```
/// use airlock::testing::{Assertions, capture};
///
/// #[airlock::effect]
/// fn ship(order: u64) {}
///
/// #[airlock::boundary]
/// fn checkout(order: u64) -> Result<(), airlock::FlushError> {
///     airlock::enqueue(ship(order));
///     Ok(())
/// }
///
/// let captured = capture(|| checkout(7));
/// assert!(captured.value.is_ok());
/// captured.assert_count::<Ship>(1);
/// captured.assert_enqueued::<Ship>(|ship| ship.order == 7);
/// ```
pub fn capture<T: SyncValue<NotAFuture>, NotAFuture>(block: impl FnOnce() -> T) -> Captured<T> {
    let (open, value) = collect("capture", block);
    Captured::new(open, value)
}

/// Works like [`capture`], for async code.
///
/// ```
/// use airlock::testing::{Assertions, capture_async};
///
/// #[airlock::effect]
/// async fn ship(order: u64) {}
///
/// # airlock::__private::block_on(async {
/// let captured = capture_async(async { airlock::enqueue(ship(7)) }).await;
/// captured.assert_enqueued::<Ship>(|ship| ship.order == 7);
/// # });
/// ```
pub async fn capture_async<F: Future>(block: F) -> Captured<F::Output> {
    let (open, value) = collect_async("capture", block).await;
    Captured::new(open, value)
}

/// The intents that a block enqueued, and the block's value; see [`capture`].
///
/// Use [`Assertions`](crate::testing::Assertions) to check the intents, and [`drain`](Self::drain) to
/// perform them.
#[derive(Debug)]
#[must_use = "what was captured is neither asserted nor performed"]
pub struct Captured<T> {
    /// The value that the block returned.
    pub value: T,
    pub(super) buffer: Buffer,
    pub(super) plan: Plan,
}

impl<T> Captured<T> {
    fn new(open: OpenScope, value: T) -> Self {
        let log = AssertionLog::around(open.shared());
        let buffer = Buffer {
            around: open.around().clone(),
            intents: open.into_intents(),
            looked: Mutex::default(),
            log,
        };
        Self::with(value, buffer)
    }

    pub(super) fn with(value: T, buffer: Buffer) -> Self {
        Self {
            value,
            buffer,
            plan: Plan::default(),
        }
    }

    /// Returns the intents, in order.
    pub fn intents(&self) -> &[Intent] {
        let intents = &self.buffer.intents;
        self.buffer
            .looked_at(intents.iter().map(|intent| intent.id()));
        intents
    }

    /// Returns the number of intents.
    pub fn len(&self) -> usize {
        self.buffer.intents.len()
    }

    /// Returns `true` if nothing was enqueued.
    pub fn is_empty(&self) -> bool {
        self.buffer.intents.is_empty()
    }
}

impl<T> Source for Captured<T> {
    const HOLDS: &'static str = "captured";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        let seen: Vec<_> = self.buffer.intents.iter().map(Seen::intent).collect();
        look(&seen);
    }

    fn looked_at(&self, intents: &[IntentId]) {
        self.buffer.looked_at(intents.iter().copied());
    }
}

impl<T> KeepsArguments for Captured<T> {}

/// Captured intents. In a strict test, dropping the buffer reports the intents that no assertion
/// checked to the test's [`AssertionLog`].
pub(super) struct Buffer {
    /// The places around the capturing scope, including its own.
    pub(super) around: Around,
    pub(super) intents: Vec<Intent>,
    looked: Mutex<HashSet<IntentId>>,
    log: Option<Arc<AssertionLog>>,
}

impl Buffer {
    fn looked_at(&self, intents: impl Iterator<Item = IntentId>) {
        if self.log.is_some() {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            looked.extend(intents);
        }
    }

    /// Takes the intents that a scope has buffered so far.
    pub(super) fn taken(scope: &Scope) -> Self {
        Self {
            intents: scope.take_intents(),
            looked: Mutex::default(),
            log: AssertionLog::around(scope.shared()),
            around: scope.shared().head.around.clone(),
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let Some(log) = &self.log else { return };
        let looked = self
            .looked
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let left = self.intents.iter().map(Seen::intent);
        // Intents that were taken out of the test's scope may have been asserted on there.
        let left = left.filter(|it| !looked.contains(&it.id()) && !log.has_seen(it.id()));
        log.leave(rows(&left.collect::<Vec<_>>()));
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.intents.fmt(f)
    }
}

impl AssertionLog {
    /// Returns the log of the enclosing test, if that test is strict.
    fn around(scope: &Arc<Shared>) -> Option<Arc<Self>> {
        let log = scope.outwards().find_map(|scope| Self::of_scope(scope));
        log.filter(|log| log.is_strict())
    }

    /// Returns the log of the test whose scope this is.
    pub(super) fn of_scope(scope: &Shared) -> Option<Arc<Self>> {
        let observer = scope.head.observer()?.clone();
        (observer as Arc<dyn Any + Send + Sync>).downcast().ok()
    }
}
