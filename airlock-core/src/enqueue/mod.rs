//! Handing an intent to the current scope.

mod ask;
mod error;

use std::cell::Cell;
use std::panic::Location;
use std::thread;

use crate::context::PlainScope;
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
#[inline(always)]
pub fn enqueue(intent: impl IntoIntent) -> IntentId {
    let location = Location::caller();
    let mut wish = Some(intent);
    match push(&mut wish, location) {
        Some(id) => id,
        None => ask_or_panic(&mut waiting(wish, location)),
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
#[inline(always)]
pub fn try_enqueue(intent: impl IntoIntent) -> Result<IntentId, EnqueueError> {
    let location = Location::caller();
    let mut wish = Some(intent);
    match push(&mut wish, location) {
        Some(id) => Ok(id),
        None => ask_for(&mut waiting(wish, location)),
    }
}

/// Fast path: the code is directly in a scope, and no policy, executor or `emits` has to be asked. The
/// intent is built where it stays. Otherwise it is left in `wish`.
///
/// This is all that is compiled for each call. Inlined, so that arguments come in registers.
#[inline(always)]
fn push<I: IntoIntent>(
    wish: &mut Option<I>,
    location: &'static Location<'static>,
) -> Option<IntentId> {
    // Only an intent that comes straight from its effect's function is sure to be plain.
    if I::__EFFECT.is_none() || thread::panicking() {
        return None;
    }
    let mut frame = PlainScope::take()?;
    let (id, scope) = (IntentId(next_id()), frame.id());
    if let Some(intent) = wish.take() {
        frame.push(intent.__at(location, id, Some(scope)));
    }
    frame.put_back();
    if tracing::level_enabled!(tracing::Level::TRACE) {
        log_enqueued(I::__EFFECT, id, scope, location);
    }
    Some(id)
}

thread_local! {
    static SPARE: Cell<Vec<Intent>> = const { Cell::new(Vec::new()) };
}

/// An intent that waits while everybody is asked about it, in a vector that is recycled. From there it is
/// appended to the buffer; each other move of so large a value waits for its stores.
struct Waiting(Vec<Intent>);

#[inline]
fn waiting<I: IntoIntent>(wish: Option<I>, location: &'static Location<'static>) -> Waiting {
    let mut waiting = Waiting(SPARE.try_with(Cell::take).unwrap_or_default());
    if let Some(intent) = wish {
        let id = IntentId(next_id());
        waiting.0.push(intent.__at(location, id, None));
    }
    waiting
}

impl Drop for Waiting {
    #[inline]
    fn drop(&mut self) {
        let mut waiting = std::mem::take(&mut self.0);
        if waiting.is_empty() {
            let _ = SPARE.try_with(|spare| spare.set(std::mem::take(&mut waiting)));
        }
    }
}

/// Panics at the line of the caller of [`enqueue`].
#[inline(never)]
#[track_caller]
fn ask_or_panic(waiting: &mut Waiting) -> IntentId {
    if thread::panicking() {
        return enqueue_while_unwinding(waiting);
    }
    match ask_for(waiting) {
        Ok(id) => id,
        Err(error) => panic!("{error}"),
    }
}

#[cold]
fn enqueue_while_unwinding(waiting: &mut Waiting) -> IntentId {
    let id = waiting.0.last().map(Intent::id);
    // A policy that panics now would abort the process.
    if let Some(Err(error)) = guarded("a policy or an executor", || ask_for(waiting)) {
        tracing::error!(target: "airlock", error = %error, "dropped while the thread unwinds");
    }
    id.unwrap_or_else(|| IntentId(next_id()))
}

/// Asks everybody who has a say, and buffers the intent if nobody objects.
fn ask_for(waiting: &mut Waiting) -> Result<IntentId, EnqueueError> {
    let Some(asked) = waiting.0.last() else {
        unreachable!("there is an intent to ask about")
    };
    let (id, effect, location) = (asked.facts.id, asked.facts.effect, asked.facts.location);
    match ask::admit(&mut waiting.0) {
        Ok(scope) => {
            if tracing::level_enabled!(tracing::Level::TRACE) {
                log_enqueued(Some(effect), id, scope, location);
            }
            Ok(id)
        }
        Err(refusal) => Err(refused(refusal, waiting)),
    }
}

#[cold]
fn refused(refusal: Refusal, waiting: &mut Waiting) -> EnqueueError {
    let Some(intent) = waiting.0.pop() else {
        unreachable!("a refused intent is not buffered")
    };
    let error = EnqueueError::new(refusal, intent);
    tracing::debug!(
        target: "airlock",
        effect = error.effect().id(),
        at = %error.location(),
        refusal = %error.refusal(),
        "refused",
    );
    error
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
