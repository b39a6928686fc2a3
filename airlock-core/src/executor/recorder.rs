//! Keeping what would have been performed.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use crate::effect::Effect;
use crate::executor::{Batch, Delivery, Executor, Identity};
use crate::intent::Intent;
use crate::report::Snapshot;

/// Takes every intent and performs none: for tests. Clones share what they recorded.
///
/// What it holds knows the executor that took it, which is this one: they keep each other alive until
/// [`take`](Self::take) or [`clear`](Self::clear). Where nothing is to happen and nobody looks, the
/// policy [`drop_all`](crate::policy::drop_all) does it.
///
/// ```
/// # use airlock_core as airlock;
/// use airlock::executor::Recorder;
///
/// let recorder = Recorder::new();
/// airlock::scope().executor(recorder.clone()).run_infallible(|_| { /* .. */ })?;
/// assert!(recorder.is_empty());
/// # Ok::<(), airlock::FlushError>(())
/// ```
///
/// # Panics
///
/// Whatever looks at it, if the closure of an assertion on it does so: take what is needed out of the
/// first look.
#[derive(Clone, Default)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    deliveries: Mutex<Vec<Delivery>>,
    /// The thread that holds them.
    held_by: Mutex<Option<ThreadId>>,
}

/// The deliveries, held by this thread until it is dropped.
struct RecordGuard<'a> {
    deliveries: MutexGuard<'a, Vec<Delivery>>,
    shared: &'a Shared,
}

impl Shared {
    fn held_by(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.held_by.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RecordGuard<'_> {
    fn drop(&mut self) {
        *self.shared.held_by() = None;
    }
}

impl Recorder {
    /// One that has recorded nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The intents of one effect that it recorded, in order.
    #[track_caller]
    pub fn recorded<E: Effect + Clone>(&self) -> Vec<E> {
        self.look(|intents| {
            let of_type = intents.filter_map(|intent| intent.downcast_ref::<E>().cloned());
            of_type.collect()
        })
    }

    /// How many intents of one effect it recorded.
    #[track_caller]
    pub fn count<E: Effect>(&self) -> usize {
        self.look(|intents| intents.filter(|intent| intent.is::<E>()).count())
    }

    /// How many intents it recorded.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.look(|intents| intents.count())
    }

    /// Whether it recorded none.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it recorded, in a form that prints as a table.
    #[track_caller]
    pub fn snapshot(&self) -> Snapshot {
        self.look(|intents| intents.collect())
    }

    /// Takes out what it recorded, to perform it after all. What that enqueues is recorded again.
    #[track_caller]
    pub fn take(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.hold().deliveries)
    }

    /// Forgets what it recorded.
    #[track_caller]
    pub fn clear(&self) {
        drop(self.take());
    }

    #[track_caller]
    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut dyn Iterator<Item = &Intent>) -> T) -> T {
        look(&mut self.hold().deliveries.iter().flat_map(Delivery::intents))
    }

    /// A closure that looks may ask for them again: that must not wait for itself.
    #[track_caller]
    fn hold(&self) -> RecordGuard<'_> {
        let me = std::thread::current().id();
        assert!(
            *self.shared.held_by() != Some(me),
            "the closure of an assertion looks at this recorder already: take what you need out of it, and look again afterwards"
        );
        let deliveries = &self.shared.deliveries;
        let deliveries = deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        *self.shared.held_by() = Some(me);
        RecordGuard {
            deliveries,
            shared: &self.shared,
        }
    }
}

impl Executor for Recorder {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.hand_over(|delivery| {
            self.hold().deliveries.push(delivery);
            Ok(())
        });
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity::new(&self.shared))
    }

    fn name(&self) -> Cow<'static, str> {
        "recorder".into()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorder")
            .field(&self.hold().deliveries)
            .finish()
    }
}
