//! An executor that records intents instead of performing them.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use crate::effect::Effect;
use crate::executor::{Batch, Delivery, Executor, Identity};
use crate::intent::Intent;
use crate::report::Snapshot;

/// An executor for tests, which records every intent and performs none. Clones share the record.
///
/// Recorded deliveries refer to the executor that took them, which is this recorder. This reference
/// cycle lasts until [`take`](Self::take) or [`clear`](Self::clear). If nobody looks at the
/// intents, use the policy [`drop_all`](crate::policy::drop_all) instead.
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
/// Every method that reads the record panics if the closure of an assertion on this recorder calls
/// it. Return what you need from the closure, and read the record again afterwards.
#[derive(Clone, Default)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    deliveries: Mutex<Vec<Delivery>>,
    /// The thread that holds the lock of `deliveries`.
    held_by: Mutex<Option<ThreadId>>,
}

/// The locked deliveries. Clears `held_by` when it is dropped.
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
    /// Creates a recorder with an empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the recorded intents of one effect, in order.
    #[track_caller]
    pub fn enqueued<E: Effect + Clone>(&self) -> Vec<E> {
        self.look(|intents| {
            let of_type = intents.filter_map(|intent| intent.downcast_ref::<E>().cloned());
            of_type.collect()
        })
    }

    /// Returns the number of recorded intents of one effect.
    #[track_caller]
    pub fn count<E: Effect>(&self) -> usize {
        self.look(|intents| intents.filter(|intent| intent.is::<E>()).count())
    }

    /// Returns the number of recorded intents.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.look(|intents| intents.count())
    }

    /// Returns `true` if no intent is recorded.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the recorded intents in a form that prints as a table.
    #[track_caller]
    pub fn snapshot(&self) -> Snapshot {
        self.look(|intents| intents.collect())
    }

    /// Takes the recorded deliveries out, for example to perform them after all. Intents that their
    /// effects enqueue are recorded again.
    #[track_caller]
    pub fn take(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.hold().deliveries)
    }

    /// Drops the recorded deliveries.
    #[track_caller]
    pub fn clear(&self) {
        drop(self.take());
    }

    #[track_caller]
    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut dyn Iterator<Item = &Intent>) -> T) -> T {
        look(&mut self.hold().deliveries.iter().flat_map(Delivery::intents))
    }

    /// Locks the record. A closure that reads the record may call the recorder again: that panics
    /// here, instead of deadlocking.
    #[track_caller]
    fn hold(&self) -> RecordGuard<'_> {
        let me = std::thread::current().id();
        assert!(
            *self.shared.held_by() != Some(me),
            "the closure of an assertion is already inspecting this recorder: return what you need from the closure, and inspect it again afterwards"
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
