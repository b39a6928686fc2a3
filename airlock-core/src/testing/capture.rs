//! Capturing what a block of code enqueues.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::{Around, Shared};
use crate::executor::Recorder;
use crate::intent::{Intent, IntentId};
use crate::lifecycle::NeverFlush;
use crate::scope::{OpenScope, Scope, ScopeBuilder, scope};
use crate::testing::drain::Plan;
use crate::testing::message::rows;
use crate::testing::source::{KeepsArguments, Source};
use crate::testing::{AssertionLog, Seen};

/// Runs a block and gives what it enqueued: that and nothing else, neither what the set-up before it
/// enqueued nor what the scope around it holds.
///
/// The block runs in a scope that nothing leaves. So it gives, in order, what the block enqueues itself
/// and what the boundaries and scopes within it would dispatch; what they discard is not among it.
/// Policies around it hold, and a veto is a veto. What policies would drop at dispatch is among it:
/// they are asked by [`drain`](Captured::drain). A delay is accepted, unless an executor that refuses
/// it is named around the block.
///
/// Out of reach are spawned tasks and threads, unless they are handed the scope, and what the block
/// runs in another airlock: capture within [`Airlock::run`](crate::Airlock::run), not around it.
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
pub fn capture<T>(block: impl FnOnce() -> T) -> Captured<T> {
    let open = collecting(scope().name("capture")).open();
    let value = open.enter(block);
    Captured::new(open, value)
}

/// As [`capture`], for async code.
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
    let scope = collecting(scope().name("capture")).open_owned();
    let (ended, scope) = scope.work(|| block).await;
    match ended {
        Ok(value) => Captured::new(scope.into_open(), value),
        Err(panic) => resume_unwind(panic),
    }
}

/// A scope that nothing leaves.
pub(super) fn collecting(scope: ScopeBuilder) -> ScopeBuilder {
    scope
        .lifecycle(NeverFlush)
        .executor_if_none(Recorder::new())
}

/// What a block enqueued, and its value; see [`capture`].
///
/// [`Assertions`](crate::testing::Assertions) has what can be asserted, and
/// [`drain`](Self::drain) performs it.
#[derive(Debug)]
#[must_use = "what was captured is neither asserted nor performed"]
pub struct Captured<T> {
    /// What the block returned.
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

    /// The intents, in order.
    pub fn intents(&self) -> &[Intent] {
        let intents = &self.buffer.intents;
        self.buffer.looked_at(intents.iter().map(Intent::id));
        intents
    }

    /// How many intents there are.
    pub fn len(&self) -> usize {
        self.buffer.intents.len()
    }

    /// Whether nothing was enqueued.
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

    fn hint(&self) -> &'static str {
        // No more than a hint: the names of types are nobody's promise.
        let value = std::any::type_name::<T>();
        match value.ends_with("{{closure}}") || value.contains("::Future<") {
            true => "; the block has given a future that is not awaited: `capture_async` awaits it",
            false => "",
        }
    }

    fn looked_at(&self, intents: &[IntentId]) {
        self.buffer.looked_at(intents.iter().copied());
    }
}

impl<T> KeepsArguments for Captured<T> {}

/// Captured intents. Dropped within a strict test, it tells the test's scope what nobody looked at.
pub(super) struct Buffer {
    /// The places around the scope that has captured them, its own included.
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

    /// What a scope has buffered so far.
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
        // What was taken out of the test's scope may have been looked at there.
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
    /// Those of the test that encloses this scope, if it is strict.
    fn around(scope: &Arc<Shared>) -> Option<Arc<Self>> {
        let log = scope.outwards().find_map(|scope| Self::of_scope(scope));
        log.filter(|log| log.is_strict())
    }

    /// Those of the test whose scope this is.
    pub(super) fn of_scope(scope: &Shared) -> Option<Arc<Self>> {
        let observer = scope.head.observer()?.clone();
        (observer as Arc<dyn Any + Send + Sync>).downcast().ok()
    }
}
