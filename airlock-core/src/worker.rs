//! Performs stored intents, for the workers of engines.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::airlock::Airlock;
use crate::context;
use crate::effect::EffectDescriptor;
use crate::executor::{Executor, FailureMode};
use crate::flush;
use crate::intent::{Cause, Intent, IntentId, Origin, Stored};
use crate::report::{FlushError, FlushReport};
use crate::scope::Released;

/// The settings with which a worker performs a stored intent.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct StoredTerms {
    /// The executor that takes the durable intents which the effect enqueues.
    pub executor: Option<Arc<dyn Executor>>,
    /// The time limit of an async effect that declares no `timeout`. `None` means no limit.
    pub timeout: Option<Duration>,
}

impl StoredTerms {
    /// Returns settings without an executor or a timeout. Durable intents that the effect enqueues
    /// go to the airlock's executor.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the executor that takes the durable intents which the effect enqueues.
    pub fn executor(mut self, executor: Arc<dyn Executor>) -> Self {
        self.executor = Some(executor);
        self
    }

    /// Sets the time limit of an async effect that declares no `timeout`.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

impl fmt::Debug for StoredTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredTerms")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Airlock {
    /// Performs an intent that an engine has stored. Makes one attempt, whatever the effect's retry
    /// rule, since the engine counts the attempts.
    ///
    /// No policy judges the intent again; those of the scope that enqueued it already have. This
    /// airlock's policies judge the intents that it enqueues, which are returned without being
    /// dispatched. [`Released::batch_for`] returns those that are stored with the completion, and
    /// [`Released::dispatch_async`] dispatches the rest.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect failed. The failure is not logged, since the worker knows
    /// whether it will be retried.
    pub async fn perform_stored(
        &self,
        intent: Intent,
        terms: StoredTerms,
    ) -> Result<Released, FlushError> {
        let mut scope = self.scope().name("worker").exempt();
        if let Some(executor) = terms.executor {
            scope = scope.executor(executor);
        }
        if let Some(origin) = intent.origin() {
            scope = scope.origin(origin.clone());
        }
        let open = scope.open();
        open.hold(intent);
        let flush = flush::perform_stored(open.into_shared(), terms.timeout).await?;
        Ok(Released::new(flush))
    }
}

impl Airlock {
    /// Dispatches intents that were decoded from a file or a store, in order, as a flush that carries on after a
    /// failure. This airlock's executor takes them, or they are performed here.
    ///
    /// No policy judges them; those of the scope that enqueued them already have.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    pub async fn dispatch_stored(&self, intents: Vec<Intent>) -> Result<FlushReport, FlushError> {
        let scope = self.scope().name("stored").exempt();
        let open = scope.failure_mode(FailureMode::CarryOn).open();
        for intent in intents {
            open.hold(intent);
        }
        open.flush_async().await
    }
}

impl Intent {
    /// Sets what was stored with a decoded intent: its id, the effects that led to it, and its
    /// origin.
    pub fn restored(mut self, stored: Stored, origin: Option<Origin>) -> Self {
        self.info.set_stored(Arc::new(stored));
        self.info.set_origin(origin);
        self
    }
}

/// One attempt to perform an effect, as seen by the effect's body; see [`attempt`].
#[derive(Clone, Debug)]
pub struct Attempt {
    cause: Arc<Cause>,
}

/// Returns the attempt that the calling code belongs to, in the body of an effect. `None`
/// elsewhere.
///
/// Pass the [idempotency key](Attempt::idempotency_key) to a receiver, so that it recognises an
/// effect that is performed twice: after a retry, or after a worker was killed.
///
/// ```
/// #[airlock::effect]
/// fn charge(order: u64) {
///     let attempt = airlock::attempt().expect("an effect is performed");
///     assert_eq!(attempt.number(), 1);
///     assert_eq!(attempt.effect().name(), "charge");
///     println!("Idempotency-Key: {}", attempt.idempotency_key());
/// }
///
/// assert!(airlock::attempt().is_none());
/// let ended = airlock::scope().run_infallible(|_| airlock::enqueue(charge(7)))?;
/// assert_eq!(ended.report.dispatched().count(), 1);
/// # Ok::<(), airlock::FlushError>(())
/// ```
pub fn attempt() -> Option<Attempt> {
    let around = context::around();
    let cause = around.place()?.cause()?.clone();
    Some(Attempt { cause })
}

impl Attempt {
    /// Returns the effect that is performed.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.cause.effect()
    }

    /// Returns the number of the attempt, from 1. If an engine stored the intent, attempts in other
    /// processes count, too.
    pub fn number(&self) -> u32 {
        self.cause.attempt()
    }

    /// Returns the id of the intent, which is the same in each attempt, in any engine and process.
    /// For a batch effect, returns the id of the first intent; [`Cause::intents`] has all of them.
    pub fn idempotency_key(&self) -> Uuid {
        self.cause.uuid()
    }

    /// Returns a header of the intent; see
    /// [`IntoIntent::with_header`](crate::IntoIntent::with_header).
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.cause.stored()?.headers;
        headers.get(name).map(String::as_str)
    }

    /// Returns the intent's id in this process.
    pub fn intent(&self) -> IntentId {
        self.cause.intent()
    }

    /// Returns the effect, and the chain of effects that led to it.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }
}
