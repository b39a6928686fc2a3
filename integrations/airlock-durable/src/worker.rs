//! The worker's side: performs the envelopes that an engine delivers.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use airlock_core::__private::in_full;
use airlock_core::catalogue::{Catalogue, RetryRule};
use airlock_core::executor::Executor;
use airlock_core::{
    Airlock, DecodeError, EffectDescriptor, Failure, FlushError, Intent, Released, StoredTerms,
};
use uuid::Uuid;

use crate::envelope::{Envelope, VERSION};
use crate::seal::{self, Keys, SealError};

/// The retry rule of a durable effect that declares none: 25 attempts, with delays of 1 s, 2 s, 4 s and so on up to an
/// hour, which is about half a day in total.
pub const DEFAULT_RETRY: RetryRule = RetryRule::attempts(25)
    .delay(Duration::from_secs(1))
    .max_delay(Duration::from_secs(3600));

/// The timeout of an async durable effect that declares none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Returns the retry rule of an effect: one attempt if it is declared `once`, else its own rule or [`DEFAULT_RETRY`].
pub fn retry_of(effect: &EffectDescriptor) -> RetryRule {
    match effect.is_once() {
        true => RetryRule::attempts(1),
        false => effect.retry().unwrap_or(DEFAULT_RETRY),
    }
}

/// Returns the timeout of one attempt of an effect: its own or [`DEFAULT_TIMEOUT`].
pub fn timeout_of(effect: &EffectDescriptor) -> Duration {
    effect.timeout().unwrap_or(DEFAULT_TIMEOUT)
}

/// The result of one attempt to perform an envelope.
#[derive(Debug)]
#[must_use = "an engine has to be told"]
pub enum Verdict {
    /// The effect succeeded. The intents that it enqueued have passed the policies and are still to be dispatched;
    /// those for this engine belong in the transaction that completes the envelope.
    Done(Released),
    /// The effect failed and is to be retried.
    Retry {
        /// The delay before the next attempt.
        after: Duration,
        /// The reason for the failure.
        reason: String,
    },
    /// The envelope is not to be retried: the effect has failed too often, or can never succeed.
    Dead {
        /// The reason.
        reason: String,
    },
    /// This program does not know the effect or the envelope's version, or has no key for it. Leave the envelope to
    /// other workers.
    Unknown {
        /// The reason.
        reason: String,
    },
    /// The attempt was cancelled, because the worker stops or the engine cancelled it. The engine knows which, and
    /// whether the attempt counts.
    Interrupted,
}

/// A performer of envelopes in an airlock.
#[derive(Clone, Debug)]
pub struct Performer {
    airlock: Airlock,
    keys: Option<Keys>,
}

impl Performer {
    /// Creates a performer that uses this airlock's resources, its timer, and its policies for the intents that effects
    /// enqueue.
    pub fn new(airlock: Airlock) -> Self {
        Self {
            airlock,
            keys: None,
        }
    }

    /// Sets the keys that open sealed arguments.
    pub fn keys(mut self, keys: Option<Keys>) -> Self {
        self.keys = keys;
        self
    }

    /// Returns the airlock.
    pub fn airlock(&self) -> &Airlock {
        &self.airlock
    }

    /// Returns the same performer for another airlock, such as one with a resource for a single attempt.
    pub fn within(&self, airlock: Airlock) -> Self {
        Self {
            airlock,
            keys: self.keys.clone(),
        }
    }

    /// Performs an envelope once: finds its effect by id or alias, decodes the arguments, and runs the effect in a
    /// separate scope with its cause and origin. `attempt` counts from 1. The durable intents that the effect enqueues
    /// go to `executor`. When `cancelled` completes, the attempt is dropped at its current await point.
    ///
    /// Does not panic, whatever the envelope contains.
    pub async fn perform(
        &self,
        envelope: &Envelope,
        attempt: u32,
        executor: Option<Arc<dyn Executor>>,
        cancelled: impl Future<Output = ()>,
    ) -> Verdict {
        let intent = match self.decode(envelope, attempt) {
            Ok(intent) => intent,
            Err(verdict) => return *verdict,
        };
        let effect = intent.effect();
        let mut terms = StoredTerms::new().timeout(DEFAULT_TIMEOUT);
        terms.executor = executor;
        let mut performing = pin!(self.airlock.perform_stored(intent, terms));
        let mut cancelled = pin!(cancelled);
        let ended = poll_fn(|cx| match performing.as_mut().poll(cx) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending => cancelled.as_mut().poll(cx).map(|()| None),
        });
        match ended.await {
            None if effect.is_once() => Verdict::Dead {
                reason: "the attempt was cancelled while it ran, and the effect is declared `once`"
                    .to_owned(),
            },
            None => Verdict::Interrupted,
            Some(Ok(released)) => Verdict::Done(released),
            Some(Err(error)) => verdict_of(effect, attempt, &error),
        }
    }

    /// Finds the effect of an envelope, opens and decodes its arguments, and restores what was stored with it.
    ///
    /// # Errors
    ///
    /// [`Verdict::Unknown`] if another program may be able to, and [`Verdict::Dead`] if none can.
    pub fn decode(&self, envelope: &Envelope, attempt: u32) -> Result<Intent, Box<Verdict>> {
        // Decoding runs user code, which may panic.
        match catch_unwind(AssertUnwindSafe(|| self.try_decode(envelope, attempt))) {
            Ok(decoded) => decoded,
            Err(_) => Err(Box::new(Verdict::Dead {
                reason: format!("decoding the arguments of `{}` panicked", envelope.effect),
            })),
        }
    }

    fn try_decode(&self, envelope: &Envelope, attempt: u32) -> Result<Intent, Box<Verdict>> {
        let dead = |reason: String| Box::new(Verdict::Dead { reason });
        let unknown = |reason: String| Box::new(Verdict::Unknown { reason });
        let about = &envelope.about;
        if about.version > VERSION {
            return Err(unknown(format!(
                "the envelope has version {}, and this program reads up to {VERSION}: deploy the version that wrote it",
                about.version
            )));
        }
        let catalogue = Catalogue::global().map_err(|error| dead(error.to_string()))?;
        let effect = catalogue.find(&envelope.effect).ok_or_else(|| {
            let id = envelope.effect.clone();
            unknown(DecodeError::UnknownEffect { id }.to_string())
        })?;
        let opened = seal::open(effect, about.id, &envelope.arguments, self.keys.as_ref())
            .map_err(|error| match error {
                // Another worker may have the key, for example while keys are being replaced.
                SealError::Opens { .. } => unknown(error.to_string()),
                _ => dead(error.to_string()),
            })?;
        let intent = catalogue
            .decode(effect.id(), opened.get())
            .map_err(|error| match &error {
                DecodeError::NotDurable { .. } => unknown(error.to_string()),
                _ => dead(in_full(&error)),
            })?;
        let mut stored = about.stored(attempt);
        if stored.id.is_nil() {
            stored.id = intent.uuid();
        }
        Ok(intent.restored(stored, about.origin()))
    }
}

/// Converts the error of a failed attempt into a verdict.
fn verdict_of(effect: &'static EffectDescriptor, attempt: u32, error: &FlushError) -> Verdict {
    // The engine already knows the effect and its location from the envelope.
    let reason = match error.failure() {
        Some(failure) => in_full(failure),
        None => in_full(error),
    };
    let rule = retry_of(effect);
    let can_never = matches!(
        error.failure(),
        Some(Failure::TooDeep { .. } | Failure::NeedsAwait)
    );
    match attempt < rule.max_attempts() && !can_never {
        true => Verdict::Retry {
            after: rule.delay_after(attempt),
            reason,
        },
        false => Verdict::Dead { reason },
    }
}

/// Returns the verdict for an envelope that could not be parsed: `Unknown` if a later version of this crate wrote it,
/// else `Dead`. The version is the member `v` of `json`.
pub fn unreadable(json: &str, error: &serde_json::Error) -> Verdict {
    // A later format may have members of other types.
    let later = serde_json::from_str::<Version>(json).is_ok_and(|it| it.v > VERSION);
    let reason = format!("the envelope cannot be read: {error}");
    match later {
        true => Verdict::Unknown { reason },
        false => Verdict::Dead { reason },
    }
}

/// The part that every version of the envelope has.
#[derive(serde::Deserialize)]
struct Version {
    v: u16,
}

/// Logs the verdict on an envelope, with its effect, id and location.
pub fn log(envelope: &Envelope, attempt: u32, verdict: &Verdict) {
    let (effect, about) = (envelope.effect.as_str(), &envelope.about);
    let (id, at): (Uuid, _) = (about.id, about.location.as_str());
    match verdict {
        Verdict::Done(_) => {
            tracing::debug!(target: "airlock", effect, %id, at, attempt, "done");
        }
        Verdict::Interrupted => {
            tracing::warn!(target: "airlock", effect, %id, at, attempt, "an attempt was cancelled");
        }
        Verdict::Retry { after, reason } => {
            tracing::warn!(
                target: "airlock", effect, %id, at, attempt, delay = ?after, error = %reason,
                "effect failed and will be tried again",
            );
        }
        Verdict::Dead { reason } => {
            tracing::error!(
                target: "airlock", effect, %id, at, attempt, error = %reason,
                "effect failed and will not be tried again",
            );
        }
        Verdict::Unknown { reason } => {
            tracing::warn!(
                target: "airlock", effect, %id, at, attempt, error = %reason,
                "left to others",
            );
        }
    }
}

impl Verdict {
    /// Returns the verdict as one word: `done`, `retry`, `dead`, `unknown` or `interrupted`.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Done(_) => "done",
            Verdict::Retry { .. } => "retry",
            Verdict::Dead { .. } => "dead",
            Verdict::Unknown { .. } => "unknown",
            Verdict::Interrupted => "interrupted",
        }
    }
}
