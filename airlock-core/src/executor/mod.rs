//! Executors, which perform the intents that a flush releases or hand them over.

mod batch;
mod channel;
mod delivery;
mod fallback;
mod identity;
mod inline;
mod recorder;
mod retry;
mod timeout;
pub(crate) mod timer;

use std::borrow::Cow;
use std::sync::Arc;

use crate::effect::BoxFuture;
use crate::intent::Intent;

use crate::policy::short_type_name;
use crate::unwind::guarded;

pub use self::batch::{Batch, Receipt};
pub(crate) use self::batch::{FlushInProgress, Part, Positions};
pub use self::channel::{Channel, Deliveries};
pub use self::delivery::Delivery;
pub(crate) use self::delivery::{Performer, Returns};
pub use self::fallback::Fallback;
pub use self::identity::Identity;
pub use self::inline::Inline;
pub use self::recorder::Recorder;
pub use self::retry::Retry;
pub use self::timeout::Timeout;
pub use self::timer::{ThreadTimer, Timer};

pub(crate) use self::inline::cannot_delay;

/// The choice between stopping and carrying on when one intent of a flush fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FailureMode {
    /// The flush stops. Later intents are not reached, and are handed back.
    #[default]
    Stop,
    /// The flush continues with the next intent.
    CarryOn,
}

/// A component that performs the intents that a flush releases, or hands them over.
///
/// An executor receives a [`Batch`] and decides each intent through it. The batch handles stopping
/// at the first failure, the scope in which each effect is performed, and the report.
///
/// # Contract
///
/// [`executor_suite!`](crate::testing::executor_suite) tests an executor for all of this.
///
/// - **Accepting.** [`accepts`](Self::accepts) returns the same answer each time, has no side
///   effects, and refuses no intent without special options. An accepted delay is honoured, by
///   waiting elsewhere or by handing it over with the intent. Reject delayed intents in `accepts`
///   if you cannot honour the delay. (The suite tests delays only for executors that perform in
///   place. If yours hands intents over, test that the delay is honoured.)
/// - **Performing.** Each intent is performed once, or handed to something that performs it once.
///   Intents keep the order of the batch unless the executor's documentation says otherwise. The
///   intents of a batch effect are one call. Perform through [`Batch`] or [`Delivery`], which
///   supply resources, origin, cause, and the effect's own retries and timeout.
/// - **Awaiting.** [`dispatch_async`](Self::dispatch_async) handles sync and async effects.
///   [`dispatch`](Self::dispatch) does not await: an async effect is handed over, or fails and is
///   handed back.
/// - **Failing.** A failure is reported once, by the flush or by whatever performs in its place.
///   The intent is handed back unless its arguments are gone. After a failure, an executor that
///   performs in place stops or carries on, as the scope is configured. An effect that panics has failed, and the executor
///   keeps working. It retries nothing unless that is its purpose, and never an effect declared
///   `once`. Its errors show no arguments that an effect redacts.
/// - **Causing.** Intents that an effect enqueues go the same way if the effect succeeds, and are
///   discarded if it fails.
/// - **Being cancelled.** If a flush is dropped, each of its intents has been performed, will be
///   performed, or is handed back. None is lost silently.
/// - **Being shared.** Many threads use it concurrently.
///
/// ```
/// use airlock_core::executor::{Batch, Executor};
///
/// /// Performs in place, and counts.
/// #[derive(Default)]
/// struct Counting(std::sync::atomic::AtomicUsize);
///
/// impl Executor for Counting {
///     fn dispatch(&self, batch: &mut Batch<'_>) {
///         self.0.fetch_add(batch.len(), std::sync::atomic::Ordering::Relaxed);
///         batch.perform_all();
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an executor",
    note = "implement `airlock::executor::Executor`, or use one of `airlock::executor`"
)]
pub trait Executor: Send + Sync + 'static {
    /// Checks whether the executor can take this intent. Called when the intent is enqueued, so
    /// that a refusal shows at the line that enqueued it.
    ///
    /// # Errors
    ///
    /// A message that says why not, and what to do instead.
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        let _ = intent;
        Ok(())
    }

    /// Takes the batch without awaiting.
    ///
    /// Intents that it does not decide, or that are pending when it panics, fail.
    fn dispatch(&self, batch: &mut Batch<'_>);

    /// Takes the batch and may await. The future is dropped before it completes if the flush is
    /// cancelled.
    ///
    /// Calls [`dispatch`](Self::dispatch) unless overridden.
    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        self.dispatch(batch);
        Box::pin(std::future::ready(()))
    }

    /// Returns `true` if this executor takes durable effects only, because it stores intents. Other
    /// effects then go to the next executor outwards.
    fn only_durable(&self) -> bool {
        false
    }

    /// Returns the identity that clones of this executor share, so that a flush treats them as one
    /// executor. With `None`, each call of `.executor(..)` adds a separate executor.
    fn identity(&self) -> Option<Identity> {
        None
    }

    /// Returns the name that reports and logs show: the type's name unless overridden.
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(short_type_name::<Self>())
    }
}

impl<X: Executor + ?Sized> Executor for Arc<X> {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        (**self).accepts(intent)
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        (**self).dispatch(batch);
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        (**self).dispatch_async(batch)
    }

    fn only_durable(&self) -> bool {
        (**self).only_durable()
    }

    fn identity(&self) -> Option<Identity> {
        // Clones of one `Arc` are one executor.
        (**self).identity().or_else(|| Some(Identity::new(self)))
    }

    fn name(&self) -> Cow<'static, str> {
        (**self).name()
    }
}

/// An executor that a scope or an airlock names, with the answers that are needed while the stack is borrowed, when no
/// user code may run.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) only_durable: bool,
}

impl Named {
    pub(crate) fn new(executor: impl Executor) -> Self {
        let only_durable = guarded("Executor::only_durable", || executor.only_durable());
        Self {
            executor: Arc::new(executor),
            only_durable: only_durable == Some(true),
        }
    }
}
