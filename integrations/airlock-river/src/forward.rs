//! Forwarding: River's rows are the outbox, and another engine performs the intents.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use airlock_core::{BoxError, Intent, Receipt, Schedule};
use airlock_durable::{Capabilities, Envelope, Forward, hex};
use riverqueue::{JobRow, WorkContext, WorkOutcome};

use crate::perform::left_alone;
use crate::row::DEFAULT_QUEUE;
use crate::{River, RiverDatabase};

/// The forwarding rules. A rule for an effect takes precedence over a rule for a queue, and both over a rule for
/// everything.
#[derive(Debug, Default)]
pub(crate) struct Forwards {
    rules: Vec<(Which, Arc<dyn Forward>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    Effect(String),
    Queue(String),
    All,
}

impl Forwards {
    pub(crate) fn add(&mut self, which: Which, engine: Arc<dyn Forward>) {
        self.rules.push((which, engine));
        self.rules.sort_by(|one, other| one.0.cmp(&other.0));
    }

    /// Returns the engine that an intent is forwarded to.
    pub(crate) fn engine(&self, effect: &str, queue: &str) -> Option<&Arc<dyn Forward>> {
        let applies = |which: &Which| match which {
            Which::Effect(id) => id == effect,
            Which::Queue(name) => name == queue,
            Which::All => true,
        };
        self.rules
            .iter()
            .find(|(which, _)| applies(which))
            .map(|(_, engine)| engine)
    }

    pub(crate) fn engines(&self) -> impl Iterator<Item = &Arc<dyn Forward>> {
        self.rules.iter().map(|(_, engine)| engine)
    }

    /// Returns the ids of the effects that have a rule.
    pub(crate) fn effects(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter_map(|(which, _)| match which {
            Which::Effect(id) => Some(id.as_str()),
            _ => None,
        })
    }

    /// Returns the queues that are forwarded as a whole, or `None` if all queues are.
    pub(crate) fn whole_queues(&self) -> Option<Vec<String>> {
        let mut queues = Vec::new();
        for (which, _) in &self.rules {
            match which {
                Which::Effect(_) => {}
                Which::Queue(queue) => queues.push(queue.clone()),
                Which::All => return None,
            }
        }
        Some(queues)
    }
}

impl<DB: RiverDatabase> River<DB> {
    pub(crate) fn engine_of(&self, intent: &Intent) -> Option<&Arc<dyn Forward>> {
        let queue = intent.queue().unwrap_or(DEFAULT_QUEUE);
        self.inner.forwards.engine(intent.effect().id(), queue)
    }

    /// Checks that River can take an intent. If it is forwarded, the other engine determines the maximum size, the
    /// support for ordering keys, and the limits on queue names.
    pub(crate) fn check(&self, intent: &Intent) -> Result<(), std::borrow::Cow<'static, str>> {
        let mut can = crate::sql::capabilities();
        let Some(engine) = self.engine_of(intent) else {
            return can.check(intent);
        };
        let Capabilities {
            max_argument_bytes,
            ordering,
            plain_queues,
            max_queue_bytes,
            ..
        } = engine.capabilities();
        can.max_argument_bytes = max_argument_bytes;
        can.ordering = ordering;
        can.plain_queues = plain_queues;
        can.max_queue_bytes = can.max_queue_bytes.min(max_queue_bytes);
        if intent.ordering_key().is_some() && intent.schedule() != Schedule::Now {
            return Err("River forwards the intents of one key in order, and so it cannot delay one: drop `.after(..)` or `.in_order_of(..)`".into());
        }
        if intent.ordering_key().is_some() && intent.key().is_some() {
            // Rows with keys are stored in the order of the keys, to avoid deadlocks between transactions.
            return Err("River stores intents with a key in the order of their keys, so it cannot forward them in the order of an ordering key: drop the key or `.in_order_of(..)`".into());
        }
        can.check(intent)
    }

    /// Forwards a job. If that fails, the job is snoozed and forwarded later, without a limit of attempts.
    ///
    /// # Errors
    ///
    /// Returns an error if the metadata of the job cannot be set.
    pub(crate) async fn forward(
        &self,
        engine: &Arc<dyn Forward>,
        context: &WorkContext,
        job: &JobRow,
        envelope: &Envelope,
    ) -> Result<WorkOutcome, BoxError> {
        let forwarded = match &envelope.about.ordering_key {
            // An error of the database does not count as an attempt either.
            Some(key) => self.forward_in_order(engine, job, key).await,
            None => {
                let unique_key = job.unique_key.as_ref().map(|key| hex(key));
                self.hand_on(&**engine, envelope, unique_key).await
            }
        };
        match forwarded {
            Ok(()) => {
                context.metadata_set("airlock:forwarded", engine.capabilities().engine)?;
                Ok(WorkOutcome::Complete)
            }
            Err(reason) => {
                context.metadata_set("airlock:waits", reason.to_string())?;
                Ok(WorkOutcome::Snooze(left_alone(job)))
            }
        }
    }

    /// Forwards an envelope to an engine.
    ///
    /// # Errors
    ///
    /// Returns the reason why the engine does not have it.
    pub(crate) async fn hand_on(
        &self,
        engine: &dyn Forward,
        envelope: &Envelope,
        unique_key: Option<String>,
    ) -> Result<(), BoxError> {
        let (effect, id) = (&envelope.effect, envelope.about.id);
        let is_failing = &self.inner.is_failing;
        let error: BoxError = match engine.forward(envelope, unique_key).await {
            Ok(Receipt::Rejected(error)) | Err(error) => error,
            Ok(receipt) => {
                if is_failing.swap(false, Ordering::Relaxed) {
                    tracing::info!(target: "airlock", "intents are forwarded again");
                }
                if let Receipt::Duplicate { reason } = receipt {
                    tracing::info!(target: "airlock", effect, %id, reason, "a duplicate was forwarded");
                }
                return Ok(());
            }
        };
        // Warn only once until an intent is forwarded again.
        match is_failing.swap(true, Ordering::Relaxed) {
            false => tracing::warn!(
                target: "airlock", effect, %id, %error,
                "an intent could not be forwarded, and will be later",
            ),
            true => tracing::debug!(target: "airlock", effect, %id, %error, "nor this one"),
        }
        Err(error)
    }
}
