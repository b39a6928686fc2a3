//! Executors: how what a flush releases is performed or handed over.

mod channel;
mod fallback;
mod inline;
mod recorder;
mod retry;
mod timeout;
pub(crate) mod timer;

use std::borrow::Cow;
use std::sync::Arc;

use crate::effect::BoxFuture;
use crate::intent::Intent;

pub use crate::flush::{Batch, Delivery};

pub use self::channel::{Channel, Deliveries};
pub use self::fallback::Fallback;
pub use self::inline::Inline;
pub use self::recorder::Recorder;
pub use self::retry::Retry;
pub use self::timeout::Timeout;
pub use self::timer::{ThreadTimer, Timer};

pub(crate) use self::inline::inline;

/// Performs or hands over what a flush releases.
///
/// It is given a [`Batch`] and decides about each intent through it. How to stop at the first
/// failure, to perform in a scope of its own and to report is the batch's affair.
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

    fn name(&self) -> Cow<'static, str> {
        (**self).name()
    }
}
