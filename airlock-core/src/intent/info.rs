//! The facts of an intent, without its arguments.

mod changes;

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use uuid::Uuid;

use crate::effect::{Effect, EffectDescriptor, Key, Keyed, Payload};
use crate::intent::fate::{Decision, Fate, FateWord, Why};
use crate::intent::{Cause, FireOn, IntentId, Options, Origin, Schedule, ScopeId, Stored};

/// The facts of an intent, without its arguments: effect, id, options, origin, cause and fate.
///
/// An [`Intent`](crate::Intent), an entry of a report or a snapshot, and what the testing kit returns all dereference to
/// it.
#[derive(Clone)]
pub struct IntentInfo {
    pub(crate) id: IntentId,
    pub(crate) effect: &'static EffectDescriptor,
    pub(crate) location: &'static Location<'static>,
    pub(crate) scope: Option<ScopeId>,
    fate: FateWord,
    /// Boxed, since few intents have any of it: a plain intent is dropped by one null test.
    extra: Option<Box<Extra>>,
}

/// The place in which an intent was enqueued. Opaque, since `context` defines places and `intent` must not depend on
/// it.
pub(crate) type OpaquePlace = Arc<dyn Any + Send + Sync>;

/// The data that few intents have.
#[derive(Clone, Default)]
struct Extra {
    /// The place in which it was enqueued, unless directly in the scope that buffers it.
    place: Option<OpaquePlace>,
    cause: Option<Arc<Cause>>,
    origin: Option<Origin>,
    /// `true` if the origin is that of the scope which holds the intent. Such an intent still counts as plain.
    shares_origin: bool,
    why: Option<Why>,
    options: Option<Box<Options>>,
    chain: Chain,
    /// Its stored data, if a worker has decoded it.
    stored: Option<Arc<Stored>>,
}

/// The relation of an intent to the chain of causes in which it is enqueued.
#[derive(Clone, Debug, Default)]
pub(crate) enum Chain {
    /// It continues the chain.
    #[default]
    Continues,
    /// It starts a new chain when it is enqueued.
    Detaches,
    /// It has started a new chain, in the body of this effect.
    Detached(Arc<Cause>),
}

impl Extra {
    fn is_plain(&self) -> bool {
        matches!(
            self,
            Self {
                place: None,
                cause: None,
                why: None,
                options: None,
                chain: Chain::Continues,
                stored: None,
                ..
            }
        ) && (self.origin.is_none() || self.shares_origin)
    }
}

impl IntentInfo {
    /// Returns the effect.
    #[inline]
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.effect
    }

    /// Returns `true` if this is an intent of the effect `E`.
    #[inline]
    pub fn is<E: Effect>(&self) -> bool {
        self.effect == E::DESCRIPTOR
    }

    /// Returns the intent's id, which is unique in this process.
    #[inline]
    pub fn id(&self) -> IntentId {
        self.id
    }

    /// Returns the intent's id for use outside of this process. A durable intent has the same one wherever it is
    /// stored, sent or performed.
    pub fn uuid(&self) -> Uuid {
        match self.stored() {
            Some(stored) => stored.id,
            None => self.id.uuid(),
        }
    }

    /// Returns what an engine has stored with the intent, if a worker has decoded it.
    pub fn stored(&self) -> Option<&Stored> {
        self.shared_stored().map(Arc::as_ref)
    }

    /// Returns the file, line and column that enqueued the intent. For an intent that a worker has decoded, see
    /// [`Stored::location`].
    #[inline]
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// Returns the scope that the intent was enqueued in, or `None` before that.
    #[inline]
    pub fn scope(&self) -> Option<ScopeId> {
        self.scope
    }

    /// Returns `true` if the scope that holds the intent, or that has ended with it, captured it from a nested scope.
    pub fn is_captured(&self) -> bool {
        self.fate.was_captured()
    }

    /// Returns the chain of effects that led to the intent. `None` if domain code enqueued it, or if it started a new
    /// chain with [`detached`](crate::IntoIntent::detached).
    pub fn cause(&self) -> Option<&Cause> {
        self.shared_cause().map(Arc::as_ref)
    }

    /// Returns the effect whose body enqueued the intent as the start of a new chain, without the causes of that
    /// effect; see [`detached`](crate::IntoIntent::detached).
    pub fn detached_from(&self) -> Option<&Cause> {
        match &self.extra.as_ref()?.chain {
            Chain::Detached(from) => Some(from),
            _ => None,
        }
    }

    /// Returns where the work that enqueued the intent came from, such as a request: the
    /// [origin](crate::ScopeBuilder::origin) of the scope around it. An intent keeps it when it is captured, and when
    /// it is handed back and enqueued again.
    pub fn origin(&self) -> Option<&Origin> {
        self.extra.as_ref()?.origin.as_ref()
    }

    /// Returns the earliest time at which the intent may be performed.
    pub fn schedule(&self) -> Schedule {
        self.options()
            .map_or(Schedule::Now, |options| options.schedule)
    }

    /// Returns the queue set on the intent, or else the effect's.
    pub fn queue(&self) -> Option<&str> {
        let own = self.options().and_then(|options| options.queue.as_deref());
        own.or(self.effect.spec.queue)
    }

    /// Returns the priority set on the intent, or else the effect's.
    pub fn priority(&self) -> Option<i16> {
        let own = self.options().and_then(|options| options.priority);
        own.or(self.effect.spec.priority)
    }

    /// Returns the ordering key. Engines that support it perform intents with the same one in order, one at a time.
    pub fn ordering_key(&self) -> Option<&str> {
        self.options()?.ordering_key.as_deref()
    }

    /// Returns the headers, as names and values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let options = self.options().into_iter();
        let headers = options.flat_map(|options| &options.headers);
        headers.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the outcome of its scope under which the intent leaves.
    pub fn fire_on(&self) -> FireOn {
        self.options()
            .map_or(FireOn::Success, |options| options.fire_on)
    }

    /// Returns the fate of the intent, which is [`Fate::Pending`] until its scope has ended.
    pub fn fate(&self) -> Fate<'_> {
        let why = self.extra.as_ref().and_then(|extra| extra.why.as_ref());
        self.fate.fate(why)
    }
}

impl IntentInfo {
    /// Makes the data of an intent that is pending.
    #[inline]
    pub(crate) fn new(
        id: IntentId,
        effect: &'static EffectDescriptor,
        location: &'static Location<'static>,
        scope: Option<ScopeId>,
    ) -> Self {
        Self {
            id,
            effect,
            location,
            scope,
            fate: FateWord::PENDING,
            extra: None,
        }
    }

    /// Returns whether it has no extra data except an origin shared with its scope.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.extra.as_ref().is_none_or(|extra| extra.is_plain())
    }

    #[inline]
    pub(crate) fn is_pending(&self) -> bool {
        self.fate.is(FateWord::PENDING)
    }

    #[inline]
    pub(crate) fn is_dispatched(&self) -> bool {
        self.fate.is(FateWord::DISPATCHED)
    }

    /// Returns whether a flush hands it back: it failed or was not reached.
    pub(crate) fn comes_back(&self) -> bool {
        self.fate.is(FateWord::FAILED) || self.fate.is(FateWord::NOT_REACHED)
    }

    /// Returns its fate in an owned form, or `None` while it is pending.
    pub(crate) fn decision(&self) -> Option<Decision> {
        let why = self.extra.as_ref().and_then(|extra| extra.why.clone());
        Some(match (self.fate(), why) {
            (Fate::Pending, _) => return None,
            (_, Some(Why::Dropped(dropped))) => Decision::Dropped(dropped),
            (_, Some(Why::Failed(failure))) => Decision::Failed(failure),
            (Fate::Captured(by), _) => Decision::Captured(by),
            (Fate::Coalesced(into), _) => Decision::Coalesced(into),
            (Fate::NotDue, _) => Decision::NotDue,
            (Fate::Discarded, _) => Decision::Discarded,
            (Fate::Dispatched, _) => Decision::Dispatched,
            (Fate::NotReached | Fate::Dropped(_) | Fate::Failed(_), _) => Decision::NotReached,
        })
    }

    /// Returns whether the failure that it waits for has happened, in a scope from which it was captured.
    pub(crate) fn is_due(&self) -> bool {
        self.fate.is_due()
    }

    pub(crate) fn place(&self) -> Option<&OpaquePlace> {
        self.extra.as_ref()?.place.as_ref()
    }

    pub(crate) fn options(&self) -> Option<&Options> {
        self.extra.as_ref()?.options.as_deref()
    }

    /// Describes where and when the intent is to be performed, in words: the given delay, queue and priority.
    pub(crate) fn placement_in_words(&self, delay: String) -> String {
        fn named(name: &str, value: Option<impl std::fmt::Display>) -> String {
            value
                .map(|value| format!("{name} {value}"))
                .unwrap_or_default()
        }
        let words = [
            delay,
            named("queue", self.queue()),
            named("priority", self.priority()),
        ];
        let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.join(", ")
    }

    pub(crate) fn key(&self, arguments: Option<&Payload>) -> Option<Key> {
        self.keyed(arguments).into_key()
    }

    /// Returns its key in a form that is fast to compare.
    #[inline]
    pub(crate) fn keyed(&self, arguments: Option<&Payload>) -> Keyed {
        let own = self.options().and_then(|options| options.key.clone());
        match (own, self.effect.spec.key, arguments) {
            (None, Some(_), Some(arguments)) => arguments.keyed(),
            (own, ..) => Keyed::new(own),
        }
    }

    /// Returns whether it has a key that replaces the effect's.
    pub(crate) fn has_own_key(&self) -> bool {
        self.options().is_some_and(|options| options.key.is_some())
    }

    /// Returns the chain of effects that led to the intent, for sharing.
    pub(crate) fn shared_cause(&self) -> Option<&Arc<Cause>> {
        self.extra.as_ref()?.cause.as_ref()
    }

    /// Returns what an engine has stored with the intent, for sharing.
    pub(crate) fn shared_stored(&self) -> Option<&Arc<Stored>> {
        self.extra.as_ref()?.stored.as_ref()
    }
}

impl fmt::Debug for IntentInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.effect.id(), self.id, self.fate())
    }
}
