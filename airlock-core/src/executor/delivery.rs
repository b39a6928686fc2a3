//! An intent on its way to where it will be performed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::effect::{BoxFuture, EffectDescriptor};
use crate::intent::Intent;
use crate::report::{FlushError, FlushReport};

/// One unit that an executor took over: an intent, or all intents of a batch effect. It is
/// self-contained and can be performed anywhere, once.
///
/// What the effect enqueues when it is performed goes to the executor that took it.
#[must_use = "a delivery that is dropped is never performed"]
pub struct Delivery {
    intents: Vec<Intent>,
    performer: Arc<dyn Performer>,
    returns: Weak<Returns>,
}

/// Performs deliveries as the flush would have that handed them over. Implemented where flushes are.
pub(crate) trait Performer: Send + Sync {
    fn perform(&self, intents: Vec<Intent>) -> Result<FlushReport, FlushError>;
    fn perform_async(
        self: Arc<Self>,
        intents: Vec<Intent>,
    ) -> BoxFuture<'static, Result<FlushReport, FlushError>>;
    fn give_up(&self, intents: Vec<Intent>) -> FlushError;
}

/// Where the intents of a delivery go that is dropped while its taker decides.
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
        }
    }

    /// The effect.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.intents[0].effect()
    }

    /// Its intents: one, unless the effect is a batch effect.
    pub fn intents(&self) -> &[Intent] {
        &self.intents
    }

    pub(crate) fn intents_mut(&mut self) -> &mut [Intent] {
        &mut self.intents
    }

    /// Its intents alone.
    pub fn into_intents(mut self) -> Vec<Intent> {
        std::mem::take(&mut self.intents)
    }

    /// Performs it here and now, with what it causes; sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect or something that it enqueued failed.
    pub fn perform(mut self) -> Result<FlushReport, FlushError> {
        let intents = std::mem::take(&mut self.intents);
        self.performer.perform(intents)
    }

    /// As [`perform`](Self::perform), for async effects too.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect or something that it enqueued failed.
    pub async fn perform_async(mut self) -> Result<FlushReport, FlushError> {
        let intents = std::mem::take(&mut self.intents);
        self.performer.clone().perform_async(intents).await
    }

    /// Gives up the right to perform it: its intents come back as not reached, in the error that a
    /// flush would have returned.
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
