//! Intents: the wishes of domain code to perform effects, with their options, cause, origin and fate.

mod cause;
mod fate;
mod ids;
mod info;
mod options;
mod origin;
mod special;
mod stored;

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::time::{Duration, SystemTime};

use crate::effect::{Argument, BoxError, Effect, EffectDescriptor, IntoKey, Key, Payload};

pub use self::cause::Cause;
pub(crate) use self::fate::{Decision, name_of};
pub use self::fate::{Dropped, Failure, Fate, in_full};
pub(crate) use self::ids::next_id;
pub use self::ids::{IntentId, ScopeId};
pub use self::info::IntentInfo;
pub(crate) use self::info::OpaquePlace;
pub(crate) use self::options::Options;
pub use self::options::{FireOn, Schedule};
pub use self::origin::Origin;
pub(crate) use self::special::Special;
pub use self::stored::{Stored, StoredCause};

/// A wish to perform an effect, with its type erased. Buffers hold intents, and policies judge them.
///
/// It dereferences to [`IntentInfo`], its facts. Its arguments are owned and cannot be changed;
/// [`downcast_ref`](Self::downcast_ref) returns them in their own type. `Debug` shows them without those that the effect
/// redacts.
pub struct Intent {
    pub(crate) payload: Payload,
    pub(crate) info: IntentInfo,
}

impl Intent {
    /// Erases the type of an intent that has not been enqueued yet.
    #[track_caller]
    #[inline]
    pub fn new<E: Effect + Send>(intent: E) -> Self {
        Self::at(intent, Location::caller(), IntentId(next_id()), None)
    }

    /// Makes an intent with a given location, id and scope.
    #[inline]
    pub(crate) fn at<E: Effect + Send>(
        intent: E,
        location: &'static Location<'static>,
        id: IntentId,
        scope: Option<ScopeId>,
    ) -> Self {
        Self {
            payload: Payload::new(intent),
            info: IntentInfo::new(id, E::DESCRIPTOR, location, scope),
        }
    }

    /// Makes an intent from decoded arguments.
    #[track_caller]
    pub(crate) fn decoded(effect: &'static EffectDescriptor, payload: Payload) -> Self {
        Self {
            payload,
            info: IntentInfo::new(IntentId(next_id()), effect, Location::caller(), None),
        }
    }

    /// Returns its arguments, if it is of this type and they are still there.
    pub fn downcast_ref<E: Effect>(&self) -> Option<&E> {
        self.payload.get()?.downcast_ref()
    }

    /// Takes its arguments, if it is of this type.
    ///
    /// # Errors
    ///
    /// Returns the intent itself if it is of another type or its arguments were used up.
    pub fn downcast<E: Effect>(mut self) -> Result<E, Box<Self>> {
        match self.payload.take() {
            Some(intent) => Ok(intent),
            None => Err(Box::new(self)),
        }
    }

    /// Returns its arguments for display, without those that the effect redacts.
    pub fn arguments(&self) -> impl fmt::Debug + '_ {
        &self.payload
    }

    /// Returns its own key, or the value of the effect's `key = ..`.
    pub fn key(&self) -> Option<Key> {
        self.info.key(Some(&self.payload))
    }

    /// Encodes its arguments as JSON, for a durable effect.
    ///
    /// # Errors
    ///
    /// Returns [`EncodeError`] if the effect is not declared `durable`, if the arguments were used up, or if
    /// `Serialize` failed.
    pub fn encode(&self) -> Result<String, EncodeError> {
        let effect = self.info.effect;
        let codec = effect.spec.codec.ok_or(EncodeError::NotDurable {
            effect: effect.spec.id,
        })?;
        let arguments = self.payload.get().ok_or(EncodeError::Used {
            effect: effect.spec.id,
        })?;
        (codec.encode)(arguments).map_err(|source| EncodeError::Serialize {
            effect: effect.spec.id,
            // A hand-written `Serialize` may quote the value of a redacted argument in its error.
            source: match effect.spec.arguments.iter().any(Argument::is_redacted) {
                true => "`Serialize` failed; its message is withheld, since the effect redacts arguments".into(),
                false => source,
            },
        })
    }

    /// Returns whether it is plain: enqueued by domain code directly in the scope that holds it, without options or a
    /// key, and not of a batch effect.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.info.is_plain() && !self.info.effect.is_grouped()
    }

    /// Returns whether its body is a future.
    pub(crate) fn needs_await(&self) -> bool {
        self.info.effect.is_async() && !self.payload.is_stubbed()
    }

    /// Moves it out, and leaves the data that a report needs.
    pub(crate) fn move_out(&mut self) -> Intent {
        let report = self.info.for_report();
        Intent {
            payload: std::mem::replace(&mut self.payload, Payload::gone()),
            info: std::mem::replace(&mut self.info, report),
        }
    }

    /// Makes it ready to be enqueued again. It keeps its id, arguments, options and origin.
    pub(crate) fn renew(mut self) -> Self {
        self.info.renew();
        self
    }
}

impl Deref for Intent {
    type Target = IntentInfo;

    #[inline]
    fn deref(&self) -> &IntentInfo {
        &self.info
    }
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {} at {}",
            self.payload, self.info.id, self.info.location
        )?;
        let options = [
            self.info.placement_in_words(self.schedule().in_words()),
            self.fire_on().in_words().to_owned(),
        ];
        for option in options.iter().filter(|option| !option.is_empty()) {
            write!(f, ", {option}")?;
        }
        match self.origin() {
            Some(origin) => write!(f, ", from {origin}"),
            None => Ok(()),
        }
    }
}

/// The error of encoding an intent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The effect is not durable.
    #[error("the effect `{effect}` is not durable: declare it `#[airlock::effect(durable)]`")]
    NotDurable {
        /// The effect's id.
        effect: &'static str,
    },
    /// The arguments were used up by performing the intent.
    #[error("the arguments of this intent of `{effect}` were used up")]
    Used {
        /// The effect's id.
        effect: &'static str,
    },
    /// `Serialize` failed.
    #[error("could not encode the arguments of `{effect}`")]
    Serialize {
        /// The effect's id.
        effect: &'static str,
        /// The error that `Serialize` returned.
        source: BoxError,
    },
}

/// A value that can be enqueued: a typed intent, or an [`Intent`].
///
/// Its methods set options. Each returns an [`Intent`], so that they can be chained:
/// `airlock::enqueue(remind(id).after(HOUR).on_queue("slow"))`. Import them with `use airlock::prelude::*`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be enqueued",
    label = "not an intent",
    note = "only what an effect's function returns can be enqueued: mark the function with `#[airlock::effect]`, call it, and pass the result"
)]
pub trait IntoIntent: Sized {
    /// Converts the value into an untyped intent.
    #[track_caller]
    fn into_intent(self) -> Intent {
        self.__at(Location::caller(), IntentId(next_id()), None)
    }

    /// The effect, if the type determines it. The intent then has no options and is enqueued for the first time.
    #[doc(hidden)]
    const __EFFECT: Option<&'static EffectDescriptor> = None;

    /// Converts the value into an untyped intent that is enqueued at this location in this scope. An intent that has an
    /// id keeps it.
    #[doc(hidden)]
    fn __at(
        self,
        location: &'static Location<'static>,
        id: IntentId,
        scope: Option<ScopeId>,
    ) -> Intent;

    /// Delays the intent: it is performed at the earliest this long after its dispatch.
    #[track_caller]
    fn after(self, delay: Duration) -> Intent {
        with(self.into_intent(), |options| {
            options.schedule = Schedule::After(delay);
        })
    }

    /// Delays the intent: it is performed at this time at the earliest.
    #[track_caller]
    fn run_at(self, time: SystemTime) -> Intent {
        with(self.into_intent(), |options| {
            options.schedule = Schedule::At(time);
        })
    }

    /// Sets the queue, instead of the effect's.
    #[track_caller]
    fn on_queue(self, queue: impl Into<Cow<'static, str>>) -> Intent {
        with(self.into_intent(), |options| {
            options.queue = Some(queue.into());
        })
    }

    /// Sets the priority, instead of the effect's. Higher is sooner.
    #[track_caller]
    fn with_priority(self, priority: i16) -> Intent {
        with(self.into_intent(), |options| {
            options.priority = Some(priority);
        })
    }

    /// Sets the key, instead of the effect's.
    #[track_caller]
    fn with_key(self, key: impl IntoKey) -> Intent {
        with(self.into_intent(), |options| {
            options.key = Some(key.into_key());
        })
    }

    /// Sets an ordering key: the intent is performed after those with the same key that were stored before it.
    ///
    /// An engine that cannot keep such an order refuses the intent at its enqueue. Intents that are performed where the
    /// scope ends are in order anyway.
    #[track_caller]
    fn in_order_of(self, key: impl Into<Cow<'static, str>>) -> Intent {
        with(self.into_intent(), |options| {
            options.ordering_key = Some(key.into());
        })
    }

    /// Adds a header for the body of the effect, such as a tenant. The body reads it with
    /// [`Attempt::header`](crate::Attempt::header).
    #[track_caller]
    fn with_header(self, name: impl Into<String>, value: impl Into<String>) -> Intent {
        with(self.into_intent(), |options| {
            options.headers.insert(name.into(), value.into());
        })
    }

    /// Makes the intent leave only if its scope fails.
    #[track_caller]
    fn on_failure(self) -> Intent {
        with(self.into_intent(), |options| {
            options.fire_on = FireOn::Failure;
        })
    }

    /// Makes the intent leave whether its scope succeeds or fails.
    #[track_caller]
    fn always(self) -> Intent {
        with(self.into_intent(), |options| {
            options.fire_on = FireOn::Always;
        })
    }

    /// Starts a new chain of causes. For work that continues forever on purpose, such as a poller that enqueues itself.
    ///
    /// If it is enqueued in the body of an effect, the intent has no [`cause`](IntentInfo::cause). Its chain counts from
    /// zero, so the depth limit and [`no_reentry`](crate::policy::no_reentry) do not apply, and nothing of the old
    /// chain is kept alive. [`detached_from`](IntentInfo::detached_from) returns the effect that enqueued it. The policies and the
    /// executor around that effect still apply.
    #[track_caller]
    fn detached(self) -> Intent {
        let mut intent = self.into_intent();
        intent.info.detach();
        intent
    }
}

/// Sets an option.
fn with(mut intent: Intent, set: impl FnOnce(&mut Options)) -> Intent {
    set(intent.info.options_mut());
    intent
}

impl<E: Effect + Send> IntoIntent for E {
    const __EFFECT: Option<&'static EffectDescriptor> = Some(E::DESCRIPTOR);

    #[inline]
    fn __at(
        self,
        location: &'static Location<'static>,
        id: IntentId,
        scope: Option<ScopeId>,
    ) -> Intent {
        Intent::at(self, location, id, scope)
    }
}

impl IntoIntent for Intent {
    fn __at(
        self,
        location: &'static Location<'static>,
        _: IntentId,
        scope: Option<ScopeId>,
    ) -> Intent {
        let mut intent = self.renew();
        intent.info.location = location;
        intent.info.scope = scope;
        intent
    }

    fn into_intent(self) -> Intent {
        self.renew()
    }
}

impl IntoIntent for Box<Intent> {
    fn __at(
        self,
        location: &'static Location<'static>,
        id: IntentId,
        scope: Option<ScopeId>,
    ) -> Intent {
        (*self).__at(location, id, scope)
    }

    fn into_intent(self) -> Intent {
        self.renew()
    }
}
