//! Intents: what domain code wishes, and what is known of each wish.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::catalogue::EffectDescriptor;
use crate::cause::Cause;
use crate::context::Node;
use crate::effect::{BoxError, Effect};
use crate::enqueue::{self, EnqueueError};
use crate::flush::Fate;
use crate::ids::next_id;
use crate::key::{IntoKey, Key};
use crate::options::{FireOn, Options, Schedule};
use crate::origin::Origin;
use crate::payload::Payload;
use crate::scope::ScopeId;

/// Identifies an intent among all of this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct IntentId(NonZeroU64);

impl IntentId {
    /// The id as a number.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Debug for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IntentId({})", self.0)
    }
}

/// One wish to perform one effect, whatever its type: what buffers hold and policies judge.
///
/// Its arguments are owned and cannot be changed. [`downcast_ref`](Self::downcast_ref) gives them
/// back in their own type; `Debug` shows them with what the effect redacts left out.
pub struct Intent {
    pub(crate) payload: Payload,
    pub(crate) facts: Facts,
}

/// All that is known of an intent except its arguments; what a flush report keeps.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) id: IntentId,
    pub(crate) effect: &'static EffectDescriptor,
    pub(crate) location: &'static Location<'static>,
    pub(crate) scope: Option<ScopeId>,
    pub(crate) origin: Option<Origin>,
    pub(crate) fate: Fate,
    rare: Option<Box<Rare>>,
}

/// What few intents have.
#[derive(Clone, Default)]
struct Rare {
    /// Where it was enqueued; `None` stands for the node of the scope that buffers it.
    node: Option<Arc<Node>>,
    cause: Option<Arc<Cause>>,
    options: Options,
    captured: bool,
}

impl Facts {
    pub(crate) fn cause(&self) -> Option<&Arc<Cause>> {
        self.rare.as_ref()?.cause.as_ref()
    }

    pub(crate) fn set_cause(&mut self, cause: Option<Arc<Cause>>) {
        if self.rare.is_some() || cause.is_some() {
            self.rare.get_or_insert_default().cause = cause;
        }
    }

    /// Takes them out for a report, which must not keep scopes alive.
    #[inline]
    pub(crate) fn take_with(&mut self, fate: Fate) -> Self {
        if self.rare.is_some() {
            self.set_node(None);
        }
        // Word by word, for the reason that `FrameCells` gives.
        Self {
            id: self.id,
            effect: self.effect,
            location: self.location,
            scope: self.scope,
            origin: self.origin.take(),
            fate,
            rare: self.rare.take(),
        }
    }

    /// Where it was enqueued, unless directly in the scope that buffers it.
    #[inline]
    pub(crate) fn node(&self) -> Option<&Arc<Node>> {
        self.rare.as_ref()?.node.as_ref()
    }

    pub(crate) fn set_node(&mut self, node: Option<Arc<Node>>) {
        if self.rare.is_some() || node.is_some() {
            self.rare.get_or_insert_default().node = node;
        }
    }

    /// Lets it know the node of the scope that has buffered it, before it leaves that.
    pub(crate) fn keep_node(&mut self, of_scope: &Arc<Node>) {
        if self.node().is_none() {
            self.set_node(Some(of_scope.clone()));
        }
    }

    pub(crate) fn is_captured(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.captured)
    }

    pub(crate) fn set_captured(&mut self) {
        self.rare.get_or_insert_default().captured = true;
    }

    fn options(&self) -> Option<&Options> {
        self.rare.as_ref().map(|rare| &rare.options)
    }

    pub(crate) fn schedule(&self) -> Schedule {
        self.options()
            .map_or(Schedule::Now, |options| options.schedule)
    }

    pub(crate) fn queue(&self) -> Option<&str> {
        let own = self.options().and_then(|options| options.queue.as_deref());
        own.or(self.effect.queue)
    }

    pub(crate) fn priority(&self) -> Option<i16> {
        let own = self.options().and_then(|options| options.priority);
        own.or(self.effect.priority)
    }

    pub(crate) fn key(&self, arguments: &Payload) -> Option<Key> {
        let own = self.options().and_then(|options| options.key.clone());
        own.or_else(|| self.effect.key.and_then(|_| arguments.key()))
    }

    /// Whether it was given a key of its own.
    pub(crate) fn has_own_key(&self) -> bool {
        self.options().is_some_and(|options| options.key.is_some())
    }

    pub(crate) fn fire_on(&self) -> FireOn {
        self.options()
            .map_or(FireOn::Success, |options| options.fire_on)
    }
}

impl Intent {
    /// The untyped form of an intent that has not been enqueued yet.
    #[track_caller]
    #[inline]
    pub fn of<E: Effect + Send>(intent: E) -> Self {
        Self::at(intent, Location::caller(), None)
    }

    #[inline]
    pub(crate) fn at<E: Effect + Send>(
        intent: E,
        location: &'static Location<'static>,
        scope: Option<ScopeId>,
    ) -> Self {
        Self {
            payload: Payload::of(intent),
            facts: Facts {
                id: IntentId(next_id()),
                effect: E::DESCRIPTOR,
                location,
                scope,
                origin: None,
                fate: Fate::Pending,
                rare: None,
            },
        }
    }

    /// The effect that it wishes.
    #[inline]
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.facts.effect
    }

    /// Its id, unique in this process.
    #[inline]
    pub fn id(&self) -> IntentId {
        self.facts.id
    }

    /// Where it was enqueued: file, line and column.
    pub fn location(&self) -> &'static Location<'static> {
        self.facts.location
    }

    /// The scope that it was enqueued in; `None` before it is.
    pub fn scope(&self) -> Option<ScopeId> {
        self.facts.scope
    }

    /// Whether its scope captured it from a nested one.
    pub fn is_captured(&self) -> bool {
        self.facts.is_captured()
    }

    /// The chain of effects that led to it; `None` if domain code enqueued it.
    pub fn cause(&self) -> Option<&Cause> {
        self.facts.cause().map(Arc::as_ref)
    }

    /// Where the work that enqueued it came from, such as a request: what the scope around it was
    /// given as its [origin](crate::ScopeBuilder::origin). It stays when the intent is captured, and
    /// when one that was handed back is enqueued again.
    pub fn origin(&self) -> Option<&Origin> {
        self.facts.origin.as_ref()
    }

    /// Whether it wishes the effect with this intent type.
    pub fn is<E: Effect>(&self) -> bool {
        self.facts.effect == E::DESCRIPTOR
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
        self.facts.schedule()
    }

    /// Its queue: its own, or the effect's.
    pub fn queue(&self) -> Option<&str> {
        self.facts.queue()
    }

    /// Its priority: its own, or the effect's.
    pub fn priority(&self) -> Option<i16> {
        self.facts.priority()
    }

    /// Its key: its own, or what the effect's `key = ..` gives.
    pub fn key(&self) -> Option<Key> {
        self.facts.key(&self.payload)
    }

    /// Under which outcome of its scope it leaves.
    pub fn fire_on(&self) -> FireOn {
        self.facts.fire_on()
    }

    /// Its arguments as JSON, for a durable effect.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if the effect is not declared `durable`, or `Serialize` failed.
    pub fn encode(&self) -> Result<String, EncodeError> {
        let effect = self.facts.effect;
        let codec = effect
            .codec
            .ok_or(EncodeError::NotDurable { effect: effect.id })?;
        let arguments = self
            .payload
            .get()
            .ok_or(EncodeError::Used { effect: effect.id })?;
        (codec.encode)(arguments).map_err(|source| EncodeError::Serialize {
            effect: effect.id,
            source,
        })
    }

    pub(crate) fn options_mut(&mut self) -> &mut Options {
        &mut self.facts.rare.get_or_insert_default().options
    }

    /// Whether it is an intent like most: enqueued directly in the scope that holds it, by domain
    /// code, without options or a key.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.facts.rare.is_none() && self.facts.effect.key.is_none()
    }

    /// Whether its body is a future.
    pub(crate) fn needs_await(&self) -> bool {
        self.facts.effect.is_async() && !self.payload.is_stubbed()
    }

    /// Moves it out, leaving what a report needs.
    pub(crate) fn move_out(&mut self) -> Intent {
        let facts = self.facts.clone();
        Intent {
            payload: std::mem::replace(&mut self.payload, Payload::gone()),
            facts,
        }
    }

    /// Makes it ready to be enqueued anew: it keeps id, arguments and options, and nothing of where it
    /// was.
    pub(crate) fn renew(mut self) -> Self {
        self.facts.scope = None;
        self.facts.set_node(None);
        self.facts.fate = Fate::Pending;
        if let Some(rare) = &mut self.facts.rare {
            rare.captured = false;
            rare.cause = None;
        }
        self
    }
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {} at {}",
            self.payload, self.facts.id, self.facts.location
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
    fn into_intent(self) -> Intent;

    /// Hands it to the current scope.
    #[doc(hidden)]
    fn __enqueue(self, location: &'static Location<'static>) -> Result<IntentId, EnqueueError> {
        enqueue::submit(self.into_intent(), location)
    }

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
}

fn with(mut intent: Intent, set: impl FnOnce(&mut Options)) -> Intent {
    set(intent.options_mut());
    intent
}

impl<E: Effect + Send> IntoIntent for E {
    fn into_intent(self) -> Intent {
        Intent::of(self)
    }

    #[inline]
    fn __enqueue(self, location: &'static Location<'static>) -> Result<IntentId, EnqueueError> {
        enqueue::submit_typed(self, location)
    }
}

impl IntoIntent for Intent {
    fn into_intent(self) -> Intent {
        self.renew()
    }
}

impl IntoIntent for Box<Intent> {
    fn into_intent(self) -> Intent {
        self.renew()
    }
}
