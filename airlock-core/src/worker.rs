//! Performing what an engine has stored: for workers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::airlock::Airlock;
use crate::context;
use crate::effect::EffectDescriptor;
use crate::executor::Executor;
use crate::flush;
use crate::intent::{Cause, Intent, IntentId, Origin, Stored};
use crate::report::FlushError;
use crate::scope::Released;

/// How a worker performs a stored intent.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct StoredTerms {
    /// Takes the durable intents that the effect enqueues.
    pub executor: Option<Arc<dyn Executor>>,
    /// How long an async effect may take that declares no timeout; without limit unless set.
    pub timeout: Option<Duration>,
}

impl StoredTerms {
    /// Nothing is said: durable intents that the effect enqueues go where the airlock says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses who takes the durable intents that the effect enqueues.
    pub fn executor(mut self, executor: Arc<dyn Executor>) -> Self {
        self.executor = Some(executor);
        self
    }

    /// Chooses how long an async effect may take that declares no timeout.
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
    /// Performs an intent that an engine had stored, once, whatever its effect says of retries: the engine
    /// counts the attempts.
    ///
    /// No policy judges it again; those of the scope that enqueued it have. What it enqueues is judged by
    /// this airlock's policies, and comes back undispatched: [`Released::batch_for`] gives the part that is
    /// stored with the completion, [`Released::dispatch_async`] dispatches the rest.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect failed. It is not logged: the worker knows whether it is tried again.
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

impl Intent {
    /// Gives an intent that was decoded what was stored of it: its id, and what led to it.
    pub fn restored(mut self, stored: Stored, origin: Option<Origin>) -> Self {
        self.data.set_stored(Arc::new(stored));
        self.data.set_origin(origin);
        self
    }
}

/// One attempt to perform an effect, as its body sees it: see [`attempt`].
#[derive(Clone, Debug)]
pub struct Attempt {
    cause: Arc<Cause>,
}

/// The attempt that the running code belongs to, in the body of an effect; `None` elsewhere.
///
/// A receiver that is told the [idempotency key](Attempt::idempotency_key) recognises an effect that is
/// performed twice: after a retry, or after a worker was killed.
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
    /// The effect that is performed.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.cause.effect()
    }

    /// Its number, from 1. Attempts in other processes count, where an engine has stored the intent.
    pub fn number(&self) -> u32 {
        self.cause.attempt()
    }

    /// The id of the intent: the same in each attempt, whichever engine and process performs it. Of a batch
    /// effect it is that of the first intent; [`Cause::intents`] has all of them.
    pub fn idempotency_key(&self) -> Uuid {
        self.cause.uuid()
    }

    /// A header of the intent: see [`IntoIntent::with_header`](crate::IntoIntent::with_header).
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.cause.stored()?.headers;
        headers.get(name).map(String::as_str)
    }

    /// The intent's id in this process.
    pub fn intent(&self) -> IntentId {
        self.cause.intent()
    }

    /// The effect, and what led to it.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }
}
