//! Handing an intent to the current scope.

mod ask;
mod error;

use std::panic::Location;
use std::thread;

use crate::context::Building;
use crate::effect::EffectDescriptor;
use crate::intent::{Intent, IntentId, IntoIntent, ScopeId, next_id};
use crate::unwind::guarded;

pub(crate) use self::error::suggest;
pub use self::error::{EnqueueError, EnqueueErrorKind};

/// Hands an intent to the current scope. Nothing runs now.
///
/// While the thread unwinds from a panic it logs a kind and drops the intent, so that a
/// destructor cannot turn a panic into an abort.
///
/// # Panics
///
/// At the caller's line, where [`try_enqueue`] returns an error: outside every scope, in one that has
/// ended, when a policy vetoes, from within a policy, and when the executor cannot take the effect.
#[track_caller]
#[inline(always)]
pub fn enqueue<I: IntoIntent>(intent: I) -> IntentId {
    let (building, id) = build(intent);
    match (building.is_plain(), I::__EFFECT) {
        (true, Some(effect)) => buffer_plain(building, effect, id, Location::caller()),
        _ => ask_or_panic(building),
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
/// [`EnqueueError`]; its [`EnqueueErrorKind`] says why.
#[track_caller]
#[inline(always)]
pub fn try_enqueue<I: IntoIntent>(intent: I) -> Result<IntentId, EnqueueError> {
    let (building, id) = build(intent);
    match (building.is_plain(), I::__EFFECT) {
        (true, Some(effect)) => Ok(buffer_plain(building, effect, id, Location::caller())),
        _ => ask(building),
    }
}

/// Builds an intent, in the buffer of its scope if nobody has to be asked.
///
/// This, and what buffers a plain one, is all that is compiled for each call. Inlined, so that arguments
/// come in registers.
#[track_caller]
#[inline(always)]
fn build<I: IntoIntent>(intent: I) -> (Building, IntentId) {
    // Only an intent that comes straight from its effect's function is sure to be plain.
    let mut building = Building::begin(I::__EFFECT.is_some());
    let (id, scope) = (IntentId(next_id()), building.scope());
    let intent = intent.__at(Location::caller(), id, Some(scope));
    building.buffer().push(intent);
    (building, id)
}

/// Fast path: the code is directly in a scope, and no policy, executor or `emits` has to be asked.
#[inline(always)]
fn buffer_plain(
    building: Building,
    effect: &'static EffectDescriptor,
    id: IntentId,
    location: &'static Location<'static>,
) -> IntentId {
    let scope = building.scope();
    building.put_back(effect);
    if tracing::level_enabled!(tracing::Level::TRACE) {
        log_enqueued(effect, id, scope, location);
    }
    id
}

/// Panics at the line of the caller of [`enqueue`].
#[cold]
#[track_caller]
fn ask_or_panic(building: Building) -> IntentId {
    if thread::panicking() {
        return ask_while_unwinding(building);
    }
    match ask(building) {
        Ok(id) => id,
        Err(error) => panic!("{error}"),
    }
}

fn ask_while_unwinding(mut building: Building) -> IntentId {
    let id = waiting_in(building.buffer()).id();
    // A policy that panics now would abort the process.
    if let Some(Err(error)) = guarded("a policy or an executor", || ask(building)) {
        tracing::error!(target: "airlock", error = %error, "dropped while the thread unwinds");
    }
    id
}

/// Asks everybody who has a say, and buffers the intent if nobody objects.
#[inline(never)]
fn ask(mut building: Building) -> Result<IntentId, EnqueueError> {
    let waiting = building.buffer();
    let data = &mut waiting_in(waiting).data;
    data.scope = None;
    let (id, effect, location) = (data.id, data.effect, data.location);
    let asked = match ask::admit(waiting) {
        Ok(scope) => {
            if tracing::level_enabled!(tracing::Level::TRACE) {
                log_enqueued(effect, id, scope, location);
            }
            Ok(id)
        }
        Err(kind) => Err(refused(kind, waiting)),
    };
    building.recycle();
    asked
}

#[inline]
fn waiting_in(buffer: &mut [Intent]) -> &mut Intent {
    match buffer.last_mut() {
        Some(intent) => intent,
        None => unreachable!("an intent was built"),
    }
}

#[cold]
fn refused(kind: EnqueueErrorKind, waiting: &mut Vec<Intent>) -> EnqueueError {
    let Some(intent) = waiting.pop() else {
        unreachable!("a refused intent is not buffered")
    };
    let error = EnqueueError::new(kind, intent);
    tracing::debug!(
        target: "airlock",
        effect = error.effect().id(),
        at = %error.location(),
        kind = %error.kind(),
        "refused",
    );
    error
}

#[cold]
fn log_enqueued(
    effect: &'static EffectDescriptor,
    intent: IntentId,
    scope: ScopeId,
    location: &'static Location<'static>,
) {
    tracing::trace!(
        target: "airlock",
        effect = effect.id(),
        intent = intent.get(),
        scope = scope.get(),
        at = %location,
        "enqueued",
    );
}
