//! Effects: descriptors, arguments, keys, resources, and starting a body.

mod argument;
mod boundary;
mod codec;
mod descriptor;
mod key;
mod payload;
mod resources;
mod retry;
mod spec;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub(crate) use self::argument::Encoding;
pub use self::argument::{Argument, ResourceNeed};
pub use self::boundary::BoundaryDescriptor;
pub use self::codec::Codec;
pub use self::descriptor::{Coalesce, EffectDescriptor};
pub(crate) use self::key::Keyed;
pub use self::key::{IntoKey, Key};
pub(crate) use self::payload::{Payload, Stub};
pub(crate) use self::resources::forms;
pub use self::resources::{MissingResource, Resources};
pub use self::retry::RetryRule;
pub use self::spec::{BoundarySpec, EffectSpec, Place};

/// A boxed error, as effects, policies and executors report it.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// A boxed future that can be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The type of an intent: one wish to perform an effect, with its arguments.
///
/// `#[airlock::effect]` implements this trait for the type that it generates. Do not implement it by hand.
///
/// Set the options of an intent (delay, queue, when to fire …) with the methods of
/// [`IntoIntent`](crate::IntoIntent).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an intent",
    label = "not an effect's intent",
    note = "annotate the function with `#[airlock::effect]`, and pass what calling it returns"
)]
pub trait Effect: fmt::Debug + Sized + 'static {
    /// The effect's entry in the catalogue.
    const DESCRIPTOR: &'static EffectDescriptor;

    /// Starts the effect's body. Called only to perform an intent.
    #[doc(hidden)]
    fn perform(self, resources: &Resources) -> Performing<'_>;

    /// Starts the body of a batch effect once, for many intents. Called only for `batch` effects.
    #[doc(hidden)]
    fn perform_batch(batch: Vec<Self>, resources: &Resources) -> Performing<'_> {
        let mut batch = batch.into_iter();
        match (batch.next(), batch.next()) {
            (Some(only), None) => only.perform(resources),
            _ => Performing::Ready(Err("the effect is not declared `batch`".into())),
        }
    }

    /// Clones the intent, or returns `None` if the effect is declared `once`.
    #[doc(hidden)]
    fn duplicate(&self) -> Option<Self> {
        None
    }

    /// Returns the key by which equal intents are recognised: the value of the attribute's `key = ..`.
    fn key(&self) -> Option<Key> {
        None
    }
}

/// A durable effect, whose intents can be encoded and decoded; see [`Intent::encode`](crate::Intent::encode) and
/// [`Catalogue::decode`](crate::Catalogue::decode). Implemented by `#[airlock::effect(durable)]`.
#[cfg(feature = "serde")]
pub trait DurableEffect: Effect {
    /// Encodes the intent as a JSON object.
    #[doc(hidden)]
    fn __encode(&self) -> Result<String, BoxError>;

    /// Decodes an intent.
    #[doc(hidden)]
    fn __decode(text: &str) -> Result<Self, BoxError>;
}

/// A body that has started: finished already (sync effects), or a future to await.
#[must_use = "an effect that is not polled to completion may not have run"]
pub enum Performing<'a> {
    /// The body has run.
    Ready(Result<(), BoxError>),
    /// The body has to be awaited.
    Pending(BoxFuture<'a, Result<(), BoxError>>),
}

impl Future for Performing<'_> {
    type Output = Result<(), BoxError>;

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        match &mut *self {
            Performing::Ready(result) => std::task::Poll::Ready(std::mem::replace(result, Ok(()))),
            Performing::Pending(future) => future.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Performing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Performing::Ready(_) => "Performing::Ready",
            Performing::Pending(_) => "Performing::Pending",
        })
    }
}

/// A type that the body of an effect may return.
#[diagnostic::on_unimplemented(
    message = "an effect cannot return `{Self}`",
    label = "must be `()` or `Result<(), E>`",
    note = "an effect returns `()` or `Result<(), E>`, where `E` is an error that is `Send + Sync + 'static`; no caller is left to receive a value when it runs"
)]
pub trait EffectOutput {
    /// Converts the value into a result with a boxed error.
    ///
    /// # Errors
    ///
    /// Returns the error of the body, if it returned one.
    fn into_result(self) -> Result<(), BoxError>;
}

impl EffectOutput for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> EffectOutput for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// An effect or a tuple of up to eight effects, for policies and boundaries that name effects by type.
pub trait EffectSet {
    /// The descriptors of the effects in the set.
    const DESCRIPTORS: &'static [&'static EffectDescriptor];
}

impl<E: Effect> EffectSet for E {
    const DESCRIPTORS: &'static [&'static EffectDescriptor] = &[E::DESCRIPTOR];
}

impl EffectSet for () {
    const DESCRIPTORS: &'static [&'static EffectDescriptor] = &[];
}

macro_rules! effect_set_for_tuples {
    ($(($($name:ident)+))+) => {$(
        impl<$($name: Effect),+> EffectSet for ($($name,)+) {
            const DESCRIPTORS: &'static [&'static EffectDescriptor] = &[$($name::DESCRIPTOR),+];
        }
    )+};
}
effect_set_for_tuples!((A)(A B)(A B C)(A B C D)(A B C D E)(A B C D E F)(A B C D E F G)(A B C D E F G H));
