//! Items for generated code and the integrations. They are not covered by semver.

mod block_on;
mod carry;
mod declare;
#[cfg(feature = "serde")]
mod fields;
mod outcome;
mod probe;

pub use inventory;
#[cfg(feature = "serde")]
pub use serde;

pub use self::block_on::block_on;
pub use self::carry::{Carrier, CarriesFlushError, carriers};
pub use self::declare::{Retry, argument, resource};
pub use self::outcome::{Convertible, OutcomeProbe, conversions, outcomes};
pub use self::probe::{DebugFallback, DebugProbe, REDACTED};
pub use crate::catalogue::embed::{boundary_length, boundary_record, effect_length, effect_record};
pub use crate::catalogue::registration::{
    BoundaryRegistration, EffectRegistration, RegisteredResource,
};
#[cfg(feature = "serde")]
pub use crate::effect::DurableEffect;
pub use crate::effect::{
    BoundaryDescriptor, BoundarySpec, Coalesce, Codec, Effect, EffectDescriptor, EffectOutput,
    EffectSpec, Key, Performing, Place, Resources,
};
pub use crate::intent::in_full;
pub use crate::lifecycle::Outcome;
pub use crate::scope::{FromFlushError, PlainValue, SyncValue, Waits};
pub use crate::unwind::guarded;

/// Returns whether a scope around the calling code has an origin, which a scope opened here would
/// inherit.
#[inline]
pub fn has_origin() -> bool {
    crate::context::has_origin()
}

/// Sets the remedy that the error of an enqueue outside of a scope names first, in the whole
/// process. Only the first call has an effect.
pub fn suggest_where_no_scope_is(remedy: &'static str) {
    crate::enqueue::suggest(remedy);
}
pub use crate::{
    __airlock_debug_field as debug_field, __airlock_outcome as outcome, __airlock_place as place,
    __airlock_register_durable as register_durable, __airlock_response as response,
    __airlock_stub as stub, __airlock_submit_boundary as submit_boundary,
    __airlock_submit_effect as submit_effect,
};

use std::future::Future;

use crate::effect::IntoKey;

pub use crate::effect::BoxError;
use crate::report::FlushError;
use crate::scope::ScopeBuilder;

/// Registers a durable effect with an engine, for example with its workers. The facade replaces
/// this empty macro if an engine is enabled.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_register_durable {
    ($intent:ty) => {};
}

/// Returns the builder of a boundary's scope.
#[track_caller]
pub fn boundary(boundary: &'static BoundaryDescriptor) -> ScopeBuilder {
    ScopeBuilder::for_boundary(boundary)
}

/// Calls a closure. Generated code does not call the closure in place: one that is passed to a
/// function may move its captures out.
pub fn once<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Runs a sync body.
pub fn perform_sync<'a>(body: impl FnOnce() -> Result<(), BoxError>) -> Performing<'a> {
    Performing::Ready(body())
}

/// Starts an async body.
pub fn perform_async<'a>(
    body: impl Future<Output = Result<(), BoxError>> + Send + 'a,
) -> Performing<'a> {
    Performing::Pending(Box::pin(body))
}

/// Returns the result of a body, with its error boxed.
pub fn result(output: impl EffectOutput) -> Result<(), BoxError> {
    output.into_result()
}

/// Returns the outcome of a boundary: a failure if its `discard_if` returns `true`, otherwise the
/// outcome of its value.
pub fn discard_if<R>(outcome: Outcome, value: &R, discards: impl FnOnce(&R) -> bool) -> Outcome {
    match outcome {
        Outcome::Success if discards(value) => Outcome::Failure,
        outcome => outcome,
    }
}

/// Returns a builder of scopes for settings that integrations make long before they open a scope. Not refused by
/// [`forbid_root_scopes`](crate::testing::forbid_root_scopes).
pub fn scope_settings() -> ScopeBuilder {
    ScopeBuilder::new()
}

/// Returns a time limit written in milliseconds.
pub const fn milliseconds(milliseconds: u64) -> std::time::Duration {
    std::time::Duration::from_millis(milliseconds)
}

/// Converts the value of a key expression.
pub fn key(key: impl IntoKey) -> Key {
    key.into_key()
}

/// The requirements for an argument of an effect.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an effect",
    label = "must be `Send + Clone + 'static`",
    note = "an intent is stored, may be performed on another thread, and retried after a failure: its arguments must be `Send + Clone + 'static`",
    note = "declare the effect `once` if it can never be repeated; then `Clone` is not needed. Pass what the body needs but an intent must not store as a `#[resource]`"
)]
pub trait Argument: Send + Clone + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Clone + 'static> Argument for T {}

/// The requirements for an argument of an effect declared `once`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an effect",
    label = "must be `Send + 'static`",
    note = "an intent is stored and may be performed on another thread: its arguments must be `Send + 'static`"
)]
pub trait OnceArgument: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> OnceArgument for T {}

/// Checks an argument's type, and returns how its values are cloned.
pub const fn assert_argument<T: Argument>() -> fn(&T) -> T {
    T::clone
}

/// Checks the type of an argument at compile time.
pub const fn assert_once_argument<T: OnceArgument>() {}

#[cfg(feature = "serde")]
mod durable {
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::fields::ArgumentCodec;
    use crate::effect::BoxError;

    /// The requirements for an argument of a durable effect.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be an argument of a durable effect",
        label = "must be `Serialize + DeserializeOwned + Send + 'static`",
        note = "a durable intent outlives its process: derive `serde::Serialize` and `serde::Deserialize` for its arguments, or drop `durable`"
    )]
    pub trait DurableArgument: Serialize + DeserializeOwned + Send + 'static {}

    #[diagnostic::do_not_recommend]
    impl<T: Serialize + DeserializeOwned + Send + 'static> DurableArgument for T {}

    /// Checks the type of an argument at compile time, and returns its codec. Called with the same tokens
    /// for the check, to encode and to decode, so that the compiler reports one error for all three.
    pub const fn assert_durable_argument<T: DurableArgument>() -> ArgumentCodec<T> {
        ArgumentCodec::new()
    }

    /// Returns the codec that encodes and decodes intents of `E`.
    pub const fn codec<E: crate::effect::DurableEffect + Send>() -> crate::effect::Codec {
        crate::effect::Codec::new::<E>()
    }

    /// Encodes an intent by its `Serialize`.
    ///
    /// # Errors
    ///
    /// If `Serialize` failed.
    pub fn to_json<E: Serialize>(intent: &E) -> Result<String, BoxError> {
        Ok(serde_json::to_string(intent)?)
    }

    /// Decodes an intent by its `Deserialize`.
    ///
    /// # Errors
    ///
    /// If `Deserialize` failed.
    pub fn from_json<E: DeserializeOwned>(text: &str) -> Result<E, BoxError> {
        Ok(serde_json::from_str(text)?)
    }
}
#[cfg(feature = "serde")]
pub use self::durable::{DurableArgument, assert_durable_argument, codec, from_json, to_json};
#[cfg(feature = "serde")]
pub use self::fields::{ArgumentCodec, FieldReader, FieldWriter};

/// Reports a failed flush as unhandled, and returns the body's value.
pub fn log_flush_error<R>(error: FlushError, value: R) -> R {
    error.report_unhandled();
    value
}

/// Wraps a failed flush for a closure of the program. If the closure drops it without taking the
/// intents, it is reported as unhandled.
#[allow(
    clippy::result_large_err,
    reason = "it is called with a closure at once"
)]
pub fn report_unhandled_on_drop<R>(error: FlushError) -> Result<R, FlushError> {
    Err(error.report_unhandled_on_drop())
}

/// Panics with a failed flush, and reports it as unhandled. Generated code calls it in a closure, so
/// that the panic points to the boundary's line.
#[track_caller]
pub fn panic_on_flush_error(error: FlushError) -> ! {
    let message = in_full(&error);
    error.report_unhandled();
    panic!("{message}");
}
