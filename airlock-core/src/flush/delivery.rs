//! An intent on its way to where it will be performed.

use std::fmt;
use std::sync::Arc;

use crate::catalogue::EffectDescriptor;
use crate::context::Node;
use crate::executor::Executor;
use crate::flush::FailureMode;
use crate::flush::batch::Batch;
use crate::flush::error::FlushError;
use crate::flush::report::FlushReport;
use crate::flush::run::Flush;
use crate::intent::Intent;

/// One unit that an executor took over: an intent, or all intents of a batch effect. It is
/// self-contained and can be performed anywhere, once.
///
/// What the effect enqueues when it is performed goes to the executor that took it.
#[must_use = "a delivery that is dropped is never performed"]
pub struct Delivery {
    pub(crate) intents: Vec<Intent>,
    pub(super) node: Arc<Node>,
    pub(super) executor: Arc<dyn Executor>,
    pub(super) mode: FailureMode,
    pub(super) judged_to: u32,
}

impl Delivery {
    /// The effect.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.intents[0].effect()
    }

    /// Its intents: one, unless the effect is a batch effect.
    pub fn intents(&self) -> &[Intent] {
        &self.intents
    }

    /// Its intents alone.
    pub fn into_intents(self) -> Vec<Intent> {
        self.intents
    }

    /// Performs it here and now, with what it causes; sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect or something that it enqueued failed.
    pub fn perform(self) -> Result<FlushReport, FlushError> {
        let mut flush = self.into_flush();
        let end = flush.intents.len();
        Batch::new(&mut flush, 0..end, 0).perform_all();
        flush.conclude()
    }

    /// As [`perform`](Self::perform), for async effects too.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect or something that it enqueued failed.
    pub async fn perform_async(self) -> Result<FlushReport, FlushError> {
        let mut flush = self.into_flush();
        let end = flush.intents.len();
        Batch::new(&mut flush, 0..end, 0).perform_all_async().await;
        flush.conclude()
    }

    /// Gives up the right to perform it: its intents come back as not reached, in the error that a
    /// flush would have given.
    pub fn give_up(self) -> FlushError {
        match self.into_flush().conclude() {
            Err(error) => error,
            Ok(_) => unreachable!("what was not performed is not reached"),
        }
    }

    fn into_flush(self) -> Flush {
        let Self {
            mut intents,
            node,
            executor,
            mode,
            judged_to,
        } = self;
        for intent in &mut intents {
            intent.facts.fate = crate::flush::Fate::Pending;
        }
        Flush::of_delivery(&node, executor, mode, judged_to, intents)
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivery").field(&self.intents).finish()
    }
}
