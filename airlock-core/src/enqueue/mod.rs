//! Handing an intent to the current scope.

mod ask;
mod error;

use std::panic::Location;
use std::thread;

use crate::context;
use crate::effect::EffectDescriptor;
use crate::intent::{Intent, IntentId, IntoIntent, ScopeId, next_id};
use crate::unwind::guarded;

pub use self::error::{EnqueueError, Refusal};

/// Hands an intent to the current scope. Nothing runs now.
///
/// While the thread unwinds from a panic it logs a refusal and drops the intent, so that a
/// destructor cannot turn a panic into an abort.
///
/// # Panics
///
/// At the caller's line, where [`try_enqueue`] returns an error: outside every scope, in one that has
/// ended, when a policy vetoes, from within a policy, and when the executor cannot take the effect.
#[track_caller]
#[inline]
pub fn enqueue(intent: impl IntoIntent) -> IntentId {
    let location = Location::caller();
    match submit(intent, location) {
        Ok(id) => id,
        Err(intent) => ask_or_panic(intent),
    }
}

/// Hands an intent to the current scope, or says why that cannot be. Nothing runs now.
///
/// ```
/// #[airlock::effect]
/// fn notify_warehouse(order: u64) {}
///
/// let error = airlock::try_enqueue(notify_warehouse(7)).unwrap_err();
/// assert!(error.to_string().contains("no scope is open here"), "{error}");
/// let intent = error.into_intent(); // nothing is lost
/// ```
///
/// # Errors
///
/// [`EnqueueError`]; its [`Refusal`] says why.
#[track_caller]
#[inline]
pub fn try_enqueue(intent: impl IntoIntent) -> Result<IntentId, EnqueueError> {
    let location = Location::caller();
    submit(intent, location).or_else(|intent| ask_for(intent, location))
}

/// Fast path: the code is directly in a scope, and no policy, executor or `emits` has to be asked. The
/// intent is built where it stays. Otherwise it comes back.
///
/// This is all that is compiled for each effect.
#[inline]
fn submit<I: IntoIntent>(
    intent: I,
    location: &'static Location<'static>,
) -> Result<IntentId, Intent> {
    let mut wish = Some(intent);
    // Only an intent that comes straight from its effect's function is sure to be plain.
    if I::__EFFECT.is_some() && !thread::panicking() {
        let pushed = context::push_plain(|id, scope| match wish.take() {
            Some(intent) => intent.__at(location, id, Some(scope)),
            None => unreachable!("it is called once"),
        });
        if let Some((id, scope)) = pushed {
            if tracing::level_enabled!(tracing::Level::TRACE) {
                log_enqueued(I::__EFFECT, id, scope, location);
            }
            return Ok(id);
        }
    }
    match wish {
        Some(intent) => Err(intent.__at(location, IntentId(next_id()), None)),
        None => unreachable!("what was taken has been pushed"),
    }
}

/// Panics at the line of the caller of [`enqueue`].
#[cold]
#[track_caller]
fn ask_or_panic(intent: Intent) -> IntentId {
    let location = Location::caller();
    if thread::panicking() {
        return enqueue_while_unwinding(intent, location);
    }
    match ask_for(intent, location) {
        Ok(id) => id,
        Err(error) => panic!("{error}"),
    }
}

#[cold]
fn enqueue_while_unwinding(intent: Intent, location: &'static Location<'static>) -> IntentId {
    let id = intent.id();
    // A policy that panics now would abort the process.
    if let Some(Err(error)) = guarded("a policy or an executor", || ask_for(intent, location)) {
        tracing::error!(target: "airlock", error = %error, "dropped while the thread unwinds");
    }
    id
}

/// Asks everybody who has a say, and buffers the intent if nobody objects.
fn ask_for(intent: Intent, location: &'static Location<'static>) -> Result<IntentId, EnqueueError> {
    let (id, effect) = (intent.facts.id, intent.facts.effect);
    match ask::admit(intent) {
        Ok(scope) => {
            if tracing::level_enabled!(tracing::Level::TRACE) {
                log_enqueued(Some(effect), id, scope, location);
            }
            Ok(id)
        }
        Err(error) => {
            log_refused(id, effect, location, &error);
            Err(error)
        }
    }
}

#[cold]
fn log_enqueued(
    effect: Option<&'static EffectDescriptor>,
    intent: IntentId,
    scope: ScopeId,
    location: &'static Location<'static>,
) {
    tracing::trace!(
        target: "airlock",
        effect = effect.map(EffectDescriptor::id),
        intent = intent.get(),
        scope = scope.get(),
        at = %location,
        "enqueued",
    );
}

#[cold]
fn log_refused(
    intent: IntentId,
    effect: &EffectDescriptor,
    location: &'static Location<'static>,
    error: &EnqueueError,
) {
    tracing::debug!(
        target: "airlock",
        effect = effect.id(),
        intent = intent.get(),
        at = %location,
        refusal = %error.refusal(),
        "refused",
    );
}
