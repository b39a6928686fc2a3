//! Intents: what domain code wishes, and what is known of each wish.

mod cause;
mod data;
mod fate;
mod ids;
mod options;
mod origin;
mod special;
mod stored;

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use crate::effect::{Argument, BoxError, Effect, EffectDescriptor, IntoKey, Key, Payload};

pub use self::cause::Cause;
pub(crate) use self::data::{IntentData, OpaquePlace};
pub(crate) use self::fate::{Decision, name_of};
pub use self::fate::{Dropped, Failure, Fate, in_full};
pub(crate) use self::ids::next_id;
pub use self::ids::{IntentId, ScopeId};
pub(crate) use self::options::Options;
pub use self::options::{FireOn, Schedule};
pub use self::origin::Origin;
pub(crate) use self::special::Special;
pub use self::stored::{Stored, StoredCause};

/// One wish to perform one effect, whatever its type: what buffers hold and policies judge.
///
/// Its arguments are owned and cannot be changed. [`downcast_ref`](Self::downcast_ref) gives them
/// back in their own type; `Debug` shows them with what the effect redacts left out.
pub struct Intent {
    pub(crate) payload: Payload,
    pub(crate) data: IntentData,
}

impl Intent {
    /// The untyped form of an intent that has not been enqueued yet.
    #[track_caller]
    #[inline]
    pub fn new<E: Effect + Send>(intent: E) -> Self {
        Self::at(intent, Location::caller(), IntentId(next_id()), None)
    }

    #[inline]
    pub(crate) fn at<E: Effect + Send>(
        intent: E,
        location: &'static Location<'static>,
        id: IntentId,
        scope: Option<ScopeId>,
    ) -> Self {
        Self {
            payload: Payload::new(intent),
            data: IntentData::new(id, E::DESCRIPTOR, location, scope),
        }
    }

    /// An intent whose arguments were stored.
    #[track_caller]
    pub(crate) fn decoded(effect: &'static EffectDescriptor, payload: Payload) -> Self {
        Self {
            payload,
            data: IntentData::new(IntentId(next_id()), effect, Location::caller(), None),
        }
    }

    /// The effect that it wishes.
    #[inline]
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.data.effect
    }

    /// Its id, unique in this process.
    #[inline]
    pub fn id(&self) -> IntentId {
        self.data.id
    }

    /// Its id wherever it is stored, sent or performed: that of a durable intent stays the same in other
    /// processes.
    pub fn uuid(&self) -> Uuid {
        match self.data.stored() {
            Some(stored) => stored.id,
            None => self.data.id.uuid(),
        }
    }

    /// What was stored of it, if it was decoded by a worker.
    pub fn stored(&self) -> Option<&Stored> {
        self.data.stored().map(Arc::as_ref)
    }

    /// Where it was enqueued: file, line and column. For an intent that a worker has decoded see
    /// [`Stored::location`].
    pub fn location(&self) -> &'static Location<'static> {
        self.data.location
    }

    /// The scope that it was enqueued in; `None` before it is.
    pub fn scope(&self) -> Option<ScopeId> {
        self.data.scope
    }

    /// Whether its scope captured it from a nested one.
    pub fn is_captured(&self) -> bool {
        self.data.was_captured()
    }

    /// The chain of effects that led to it; `None` if domain code enqueued it, or if it has started
    /// a chain with [`detached`](IntoIntent::detached).
    pub fn cause(&self) -> Option<&Cause> {
        self.data.cause().map(Arc::as_ref)
    }

    /// The effect whose body enqueued it as the start of a new chain, without what led to that one;
    /// see [`detached`](IntoIntent::detached).
    pub fn detached_from(&self) -> Option<&Cause> {
        self.data.detached_from()
    }

    /// Where the work that enqueued it came from, such as a request: what the scope around it was
    /// given as its [origin](crate::ScopeBuilder::origin). It stays when the intent is captured, and
    /// when one that was handed back is enqueued again.
    pub fn origin(&self) -> Option<&Origin> {
        self.data.origin()
    }

    /// Whether it wishes the effect with this intent type.
    pub fn is<E: Effect>(&self) -> bool {
        self.data.effect == E::DESCRIPTOR
    }

    /// Its arguments, if it is of this type.
    pub fn downcast_ref<E: Effect>(&self) -> Option<&E> {
        self.payload.get()?.downcast_ref()
    }

    /// Its arguments, if it is of this type; otherwise the intent comes back.
    ///
    /// # Errors
    ///
    /// The intent itself, if it is of another type or its arguments were used up.
    pub fn downcast<E: Effect>(mut self) -> Result<E, Box<Self>> {
        match self.payload.take() {
            Some(intent) => Ok(intent),
            None => Err(Box::new(self)),
        }
    }

    /// Its arguments in a form for people, with what the effect redacts left out.
    pub fn arguments(&self) -> impl fmt::Debug + '_ {
        &self.payload
    }

    /// When it may be performed at the earliest.
    pub fn schedule(&self) -> Schedule {
        self.data.schedule()
    }

    /// Its queue: its own, or the effect's.
    pub fn queue(&self) -> Option<&str> {
        self.data.queue()
    }

    /// Its priority: its own, or the effect's.
    pub fn priority(&self) -> Option<i16> {
        self.data.priority()
    }

    /// Its key: its own, or what the effect's `key = ..` gives.
    pub fn key(&self) -> Option<Key> {
        self.data.key(Some(&self.payload))
    }

    /// Its ordering key: intents with the same one are performed one after the other, by engines that can do
    /// that.
    pub fn ordering_key(&self) -> Option<&str> {
        let options = self.data.options()?;
        options.ordering_key.as_deref()
    }

    /// What goes with it to whoever performs it, by name.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let options = self.data.options().into_iter();
        let headers = options.flat_map(|options| &options.headers);
        headers.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Under which outcome of its scope it leaves.
    pub fn fire_on(&self) -> FireOn {
        self.data.fire_on()
    }

    /// Its arguments as JSON, for a durable effect.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if the effect is not declared `durable`, or `Serialize` failed.
    pub fn encode(&self) -> Result<String, EncodeError> {
        let effect = self.data.effect;
        let codec = effect.spec.codec.ok_or(EncodeError::NotDurable {
            effect: effect.spec.id,
        })?;
        let arguments = self.payload.get().ok_or(EncodeError::Used {
            effect: effect.spec.id,
        })?;
        (codec.encode)(arguments).map_err(|source| EncodeError::Serialize {
            effect: effect.spec.id,
            // A `Serialize` written by hand may quote what it refuses.
            source: match effect.spec.arguments.iter().any(Argument::is_redacted) {
                true => "`Serialize` failed; its message is withheld, since the effect redacts arguments".into(),
                false => source,
            },
        })
    }

    /// Whether it is an intent like most: enqueued directly in the scope that holds it, by domain
    /// code, without options, and neither with a key nor of a batch effect.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.data.is_plain() && !self.data.effect.is_grouped()
    }

    /// Whether its body is a future.
    pub(crate) fn needs_await(&self) -> bool {
        self.data.effect.is_async() && !self.payload.is_stubbed()
    }

    /// Moves it out and leaves what a report needs.
    pub(crate) fn move_out(&mut self) -> Intent {
        let report = self.data.for_report();
        Intent {
            payload: std::mem::replace(&mut self.payload, Payload::gone()),
            data: std::mem::replace(&mut self.data, report),
        }
    }

    /// Makes it ready to be enqueued again: it keeps id, arguments and options, and nothing of where it
    /// was.
    pub(crate) fn renew(mut self) -> Self {
        self.data.renew();
        self
    }
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {} at {}",
            self.payload, self.data.id, self.data.location
        )
    }
}

/// Why an intent could not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The effect is not durable.
    #[error("the effect `{effect}` is not durable: declare it `#[airlock::effect(durable)]`")]
    NotDurable {
        /// The effect's id.
        effect: &'static str,
    },
    /// The arguments are gone: the intent was performed.
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
        /// What `Serialize` reported.
        source: BoxError,
    },
}

/// What can be enqueued: an intent, one with options, or an untyped one.
///
/// Its methods set options; each gives an [`Intent`], so that they chain:
/// `airlock::enqueue(remind(id).after(HOUR).on_queue("slow"))`. They come with
/// `use airlock::prelude::*`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be enqueued",
    label = "not an intent",
    note = "only what an effect's function returns can be enqueued: mark the function with `#[airlock::effect]`, call it, and pass the result"
)]
pub trait IntoIntent: Sized {
    /// The untyped intent.
    #[track_caller]
    fn into_intent(self) -> Intent {
        self.__at(Location::caller(), IntentId(next_id()), None)
    }

    /// The effect, where the type tells it: then the intent has no options, and is enqueued for the first
    /// time.
    #[doc(hidden)]
    const __EFFECT: Option<&'static EffectDescriptor> = None;

    /// The untyped intent, as enqueued at this line in this scope. One that has an id keeps it.
    #[doc(hidden)]
    fn __at(
        self,
        location: &'static Location<'static>,
        id: IntentId,
        scope: Option<ScopeId>,
    ) -> Intent;

    /// Leaves at the earliest this long after its dispatch.
    #[track_caller]
    fn after(self, delay: Duration) -> Intent {
        with(self.into_intent(), |options| {
            options.schedule = Schedule::After(delay);
        })
    }

    /// Leaves at the earliest at this time.
    #[track_caller]
    fn run_at(self, time: SystemTime) -> Intent {
        with(self.into_intent(), |options| {
            options.schedule = Schedule::At(time);
        })
    }

    /// Asks for this queue instead of the effect's.
    #[track_caller]
    fn on_queue(self, queue: impl Into<Cow<'static, str>>) -> Intent {
        with(self.into_intent(), |options| {
            options.queue = Some(queue.into());
        })
    }

    /// Asks for this priority instead of the effect's; higher is sooner.
    #[track_caller]
    fn with_priority(self, priority: i16) -> Intent {
        with(self.into_intent(), |options| {
            options.priority = Some(priority);
        })
    }

    /// Goes by this key instead of the effect's.
    #[track_caller]
    fn with_key(self, key: impl IntoKey) -> Intent {
        with(self.into_intent(), |options| {
            options.key = Some(key.into_key());
        })
    }

    /// Is performed after the intents with the same ordering key that were stored before it. An engine that
    /// cannot keep such an order refuses the intent at its enqueue; what is performed where the scope ends is
    /// in order anyway.
    #[track_caller]
    fn in_order_of(self, key: impl Into<Cow<'static, str>>) -> Intent {
        with(self.into_intent(), |options| {
            options.ordering_key = Some(key.into());
        })
    }

    /// Takes a header along to whoever performs it, such as the tenant that it is for. The effect's body reads
    /// it by [`Attempt::header`](crate::Attempt::header).
    #[track_caller]
    fn with_header(self, name: impl Into<String>, value: impl Into<String>) -> Intent {
        with(self.into_intent(), |options| {
            options.headers.insert(name.into(), value.into());
        })
    }

    /// Leaves only when its scope fails.
    #[track_caller]
    fn on_failure(self) -> Intent {
        with(self.into_intent(), |options| {
            options.fire_on = FireOn::Failure;
        })
    }

    /// Leaves when its scope succeeds and when it fails.
    #[track_caller]
    fn always(self) -> Intent {
        with(self.into_intent(), |options| {
            options.fire_on = FireOn::Always;
        })
    }

    /// Starts a new chain of causes: for work that goes on for ever on purpose, such as a poller
    /// that enqueues itself again.
    ///
    /// Enqueued in an effect's body, the intent has no [`cause`](Intent::cause): its chain counts from
    /// zero, the depth limit and [`no_reentry`](crate::policy::no_reentry) do not apply, and nothing
    /// of the old chain is kept alive. [`Intent::detached_from`] tells where it came from. Policies
    /// and the executor around the effect hold as ever.
    #[track_caller]
    fn detached(self) -> Intent {
        let mut intent = self.into_intent();
        intent.data.detach();
        intent
    }
}

fn with(mut intent: Intent, set: impl FnOnce(&mut Options)) -> Intent {
    set(intent.data.options_mut());
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
        intent.data.location = location;
        intent.data.scope = scope;
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
