//! Intents that an executor has taken over, on their way to be performed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::effect::{BoxFuture, EffectDescriptor};
use crate::intent::Intent;
use crate::report::{FlushError, FlushReport, UnhandledErrorHook};
use crate::unwind::guarded;

/// One unit that an executor takes over: an intent, or all intents of a batch effect. It is
/// self-contained, and can be performed once, on any thread.
///
/// The intents that its effect enqueues go to the executor that took the delivery.
#[must_use = "a delivery that is dropped is never performed"]
pub struct Delivery {
    intents: Vec<Intent>,
    performer: Arc<dyn Performer>,
    returns: Weak<Returns>,
    on_dropped: Option<UnhandledErrorHook>,
}

/// The part of a flush that performs the deliveries it handed over, under the same terms.
/// Implemented where flushes are.
pub(crate) trait Performer: Send + Sync {
    fn perform(&self, intents: Vec<Intent>) -> Result<FlushReport, FlushError>;
    fn perform_async(
        self: Arc<Self>,
        intents: Vec<Intent>,
        on_dropped: Option<UnhandledErrorHook>,
    ) -> BoxFuture<'static, Result<FlushReport, FlushError>>;
    fn give_up(&self, intents: Vec<Intent>) -> FlushError;
}

/// The intents of a delivery that its taker drops before it has answered.
#[derive(Default)]
pub(crate) struct Returns(Mutex<Vec<Intent>>);

impl Returns {
    pub(crate) fn take(&self) -> Vec<Intent> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Delivery {
    pub(crate) fn new(
        intents: Vec<Intent>,
        performer: Arc<dyn Performer>,
        returns: &Arc<Returns>,
    ) -> Self {
        Self {
            intents,
            performer,
            returns: Arc::downgrade(returns),
            on_dropped: None,
        }
    }

    /// Calls `take` with the error if the delivery is dropped before it is performed, or while
    /// [`perform_async`](Self::perform_async) awaits it. This happens when a runtime shuts down,
    /// for example.
    ///
    /// Without it, the intents of a delivery that is dropped unperformed are lost. The exception is
    /// a taker that has not answered yet ([`Batch::hand_over`](crate::executor::Batch::hand_over)):
    /// then they return to the flush. The error of a delivery that is dropped while it is awaited
    /// goes to [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error).
    ///
    /// To use that hook in both cases, pass [`FlushError::report_unhandled`]. A panic in `take` is
    /// logged.
    ///
    /// ```
    /// use std::sync::mpsc::Sender;
    ///
    /// use airlock::FlushError;
    /// use airlock::executor::{Batch, Delivery, Executor};
    ///
    /// /// Sends to a worker. Deliveries that are left in its queue go to `on_unhandled_error`.
    /// struct ToWorker(Sender<Delivery>);
    ///
    /// impl Executor for ToWorker {
    ///     fn dispatch(&self, batch: &mut Batch<'_>) {
    ///         batch.hand_over(|delivery| {
    ///             let sent = self.0.send(delivery.on_dropped(FlushError::report_unhandled));
    ///             sent.map_err(|error| (error.0, "the worker has ended".into()))
    ///         });
    ///     }
    /// }
    /// # let (send, unhandled) = std::sync::mpsc::channel();
    /// # let airlock = airlock::Airlock::builder()
    /// #     .on_unhandled_error(move |error| send.send(error.into_intents().len()).unwrap())
    /// #     .build()?;
    /// # #[airlock::effect]
    /// # fn bill(order: u64) {}
    /// # let (worker, deliveries) = std::sync::mpsc::channel();
    /// # airlock.run(|| {
    /// #     let scope = airlock::scope().executor(ToWorker(worker));
    /// #     scope.run_infallible(|_| airlock::enqueue(bill(7))).map(drop)
    /// # })?;
    /// # drop(deliveries);
    /// # assert_eq!(unhandled.try_recv(), Ok(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_dropped(mut self, take: impl Fn(FlushError) + Send + Sync + 'static) -> Self {
        self.on_dropped = Some(Arc::new(take));
        self
    }

    /// Returns the effect.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.intents[0].effect()
    }

    /// Returns the intents: one, unless the effect is a batch effect.
    pub fn intents(&self) -> &[Intent] {
        &self.intents
    }

    pub(crate) fn intents_mut(&mut self) -> &mut [Intent] {
        &mut self.intents
    }

    /// Returns the intents without performing them.
    pub fn into_intents(mut self) -> Vec<Intent> {
        std::mem::take(&mut self.intents)
    }

    /// Performs the delivery on the caller's thread, with the intents that its effect enqueues;
    /// sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect, or an effect that it enqueued, failed.
    pub fn perform(mut self) -> Result<FlushReport, FlushError> {
        let intents = std::mem::take(&mut self.intents);
        self.performer.perform(intents)
    }

    /// Like [`perform`](Self::perform), but also awaits async effects.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect, or an effect that it enqueued, failed.
    pub async fn perform_async(mut self) -> Result<FlushReport, FlushError> {
        let intents = std::mem::take(&mut self.intents);
        let on_dropped = self.on_dropped.take();
        self.performer
            .clone()
            .perform_async(intents, on_dropped)
            .await
    }

    /// Gives the delivery up without performing it. Returns the error that a flush would have
    /// returned, with the intents as not reached.
    pub fn give_up(mut self) -> FlushError {
        let intents = std::mem::take(&mut self.intents);
        self.performer.give_up(intents)
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.intents.is_empty() {
            return;
        }
        if let Some(take) = self.on_dropped.take() {
            let intents = std::mem::take(&mut self.intents);
            let error = self.performer.give_up(intents);
            guarded("Delivery::on_dropped", || take(error));
            return;
        }
        if let Some(returns) = self.returns.upgrade() {
            let mut returned = returns.0.lock().unwrap_or_else(PoisonError::into_inner);
            returned.append(&mut self.intents);
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivery").field(&self.intents).finish()
    }
}
