//! Executors: how what a flush releases is performed or handed over.

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

/// What happens to the rest of a flush when one intent fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FailureMode {
    /// It stops: what comes after is not reached, and handed back.
    #[default]
    Stop,
    /// It goes on with the next intent.
    CarryOn,
}

/// Performs or hands over what a flush releases.
///
/// It is given a [`Batch`] and decides about each intent through it. The batch handles stopping at
/// the first failure, the scope in which each effect is performed, and the report.
///
/// # What it promises
///
/// [`executor_suite!`](crate::testing::executor_suite) tests an executor for all of it.
///
/// - **Accepting.** [`accepts`](Self::accepts) gives the same answer each time, has no consequences,
///   and refuses no intent that asks for nothing special. A delay that is accepted is kept: by waiting
///   elsewhere, or by handing it over with the intent. Who cannot delay refuses at the enqueue. (The suite
///   asks this of executors that perform in place; the delay of what was handed over is the affair of
///   what performs it, and yours to test.)
/// - **Performing.** Each intent is performed once, or handed to what performs it once, in the order of
///   the batch unless the executor's documentation says otherwise. The intents of a batch effect are
///   one call. Whoever performs does it by [`Batch`] or [`Delivery`], which bring resources, origin,
///   cause and the effect's own retries and timeout.
/// - **Awaiting.** [`dispatch_async`](Self::dispatch_async) takes sync and async effects.
///   [`dispatch`](Self::dispatch) does not wait: an async effect is handed over, or fails and comes back.
/// - **Failing.** A failure is told once, by the flush or by what performs instead of it, and its intent
///   comes back unless its arguments are gone. What is performed in place stops there, or carries on, as
///   the scope asked. An effect that panics has failed, and the executor serves on. It repeats nothing
///   unless that is what it is for, and never an effect declared `once`. Its errors show no arguments
///   that an effect redacts.
/// - **Causing.** What an effect enqueues takes the same way when the effect has succeeded, and none
///   when it has failed.
/// - **Being cancelled.** Of a flush that is dropped each intent has been performed, will be, or comes
///   back: nothing is lost in silence.
/// - **Being shared.** Many threads use it at once.
///
/// ```
/// use airlock_core::executor::{Batch, Executor};
///
/// /// Performs where it is, and counts.
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
    /// Whether it can take this intent. Asked when the intent is enqueued, so that a refusal shows
    /// at the line that enqueued it.
    ///
    /// # Errors
    ///
    /// Why not, and what to do instead.
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        let _ = intent;
        Ok(())
    }

    /// Takes the batch without awaiting.
    fn dispatch(&self, batch: &mut Batch<'_>);

    /// Takes the batch and may await. It is dropped half-way when the flush is cancelled.
    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        self.dispatch(batch);
        Box::pin(std::future::ready(()))
    }

    /// Says whether this executor takes durable effects alone: one that stores what it takes. It does
    /// not decide about the others then; the next executor outwards takes them.
    fn only_durable(&self) -> bool {
        false
    }

    /// The thing that clones of this executor share, if they do: then a flush treats the clones as one
    /// executor. `None` tells each `.executor(..)` apart from every other one.
    fn identity(&self) -> Option<Identity> {
        None
    }

    /// What reports and logs call it.
    fn name(&self) -> Cow<'static, str> {
        let full = std::any::type_name::<Self>();
        let plain = full.split('<').next().unwrap_or(full);
        Cow::Borrowed(plain.rsplit("::").next().unwrap_or(plain))
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
        (**self).identity().or_else(|| Some(Identity::new(self)))
    }

    fn name(&self) -> Cow<'static, str> {
        (**self).name()
    }
}
