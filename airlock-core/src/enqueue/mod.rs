//! Enqueueing: handing an intent to the current scope.

mod ask;
mod error;

use std::panic::Location;
use std::thread;

use crate::context::Building;
use crate::effect::EffectDescriptor;
use crate::intent::{Intent, IntentId, IntoIntent, ScopeId, next_id};
use crate::unwind::guarded;

pub(crate) use self::error::suggest;
pub use self::error::{Emitter, EnqueueError, EnqueueErrorKind};

/// Hands an intent to the current scope. Nothing runs now.
///
/// Reports show the line of the call. Pass a closure to iterators, `.for_each(|intent| _ = airlock::enqueue(intent))`:
/// if you pass the function itself, reports show a line of the standard library.
///
/// While the thread unwinds from a panic, an intent that is not accepted is logged and dropped, so that a
/// destructor cannot turn a panic into an abort.
///
/// # Panics
///
/// Panics at the caller's line where [`try_enqueue`] returns an error: outside a scope, in a scope that has
/// ended, if a policy vetoes, within a policy, and if the executor cannot take the effect.
#[track_caller]
#[inline(always)]
pub fn enqueue<I: IntoIntent>(intent: I) -> IntentId {
    let (building, id) = build(intent);
    match (building.is_plain(), I::__EFFECT) {
        (true, Some(effect)) => buffer_plain(building, effect, id, Location::caller()),
        _ => ask_or_panic(building),
    }
}

/// Hands an intent to the current scope, or returns it with an error. Nothing runs now.
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
/// Returns [`EnqueueError`] if the intent was not accepted. Its [`EnqueueErrorKind`] has the reason.
#[track_caller]
#[inline(always)]
pub fn try_enqueue<I: IntoIntent>(intent: I) -> Result<IntentId, EnqueueError> {
    let (building, id) = build(intent);
    match (building.is_plain(), I::__EFFECT) {
        (true, Some(effect)) => Ok(buffer_plain(building, effect, id, Location::caller())),
        _ => ask(building),
    }
}

/// Builds an intent, in the buffer of its scope if there is nothing to consult.
///
/// Only this and [`buffer_plain`] are compiled for each call of `enqueue`. Inlined, so that arguments are passed in
/// registers.
#[track_caller]
#[inline(always)]
fn build<I: IntoIntent>(intent: I) -> (Building, IntentId) {
    // Only a typed intent is sure to be plain. An `Intent` may have options, and drops the place of an earlier enqueue:
    // its policies have destructors, which are user code.
    let mut building = Building::begin(I::__EFFECT.is_some());
    let (id, scope) = (IntentId(next_id()), building.scope());
    let intent = intent.__at(Location::caller(), id, Some(scope));
    building.buffer().push(intent);
    (building, id)
}

/// Fast path: the code is directly in a scope, and there is no policy, executor or `emits` to consult.
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

/// Slow path of [`enqueue`]. Panics at the line of its caller.
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

/// Slow path of [`enqueue`] while the thread unwinds: logs instead of panicking.
fn ask_while_unwinding(mut building: Building) -> IntentId {
    let id = waiting_in(building.buffer()).id();
    // A second panic would abort the process, so that of a policy is caught.
    if let Some(Err(error)) = guarded("a policy or an executor", || ask(building)) {
        // The subscriber and the destructors of the arguments are user code, too.
        guarded("dropping a refused intent", || {
            tracing::error!(target: "airlock", error = %error, "dropped while the thread unwinds");
            drop(error);
        });
    }
    id
}

/// Slow path: consults `emits`, the executor and the policies, and buffers the intent if all accept it.
///
/// Not inlined: `enqueue` is compiled for each call, and this does not depend on the type of the intent.
#[inline(never)]
fn ask(mut building: Building) -> Result<IntentId, EnqueueError> {
    let waiting = building.buffer();
    let data = &mut waiting_in(waiting).info;
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

/// Returns the intent that waits.
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
