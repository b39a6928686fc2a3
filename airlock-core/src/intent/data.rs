//! The data of an intent, except its arguments.

use std::any::Any;
use std::panic::Location;
use std::sync::Arc;

use crate::effect::{EffectDescriptor, Key, Keyed, Payload};
use crate::intent::fate::{Decision, Fate, FateWord, Why};
use crate::intent::{Cause, FireOn, IntentId, Options, Origin, Schedule, ScopeId, Stored};

/// The data of an intent, except its arguments. Buffers, reports, snapshots and tests use the same type.
#[derive(Clone)]
pub(crate) struct IntentData {
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

impl IntentData {
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

    /// Moves the data out for a report. Drops the place: a report must not keep policies and executors alive.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        if let Some(extra) = &mut self.extra {
            extra.place = None;
        }
        // Field by field. Moved as a whole, it would be read back before its stores have settled.
        Self {
            id: self.id,
            effect: self.effect,
            location: self.location,
            scope: self.scope,
            fate: self.fate,
            extra: self.extra.take(),
        }
    }

    /// Copies the data for the report of a scope from which the intent moves away.
    pub(crate) fn for_report(&self) -> Self {
        let mut data = self.clone();
        data.set_place(None);
        data
    }

    /// Turns the data into that of an intent which a scope has captured.
    #[inline]
    pub(crate) fn into_captured(mut self, by: ScopeId) -> Self {
        self.fate = self.fate.becomes(FateWord::captured(by));
        self
    }

    fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
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

    #[inline]
    pub(crate) fn set_dispatched(&mut self) {
        self.fate = self.fate.becomes(FateWord::DISPATCHED);
    }

    /// Makes it pending, for another attempt.
    #[inline]
    pub(crate) fn set_pending(&mut self) {
        self.fate = self.fate.becomes(FateWord::PENDING);
        if let Some(extra) = &mut self.extra {
            extra.why = None;
        }
    }

    /// Records that another intent with the same key represents this one.
    #[inline]
    pub(crate) fn set_coalesced(&mut self, into: IntentId) {
        self.fate = self.fate.becomes(FateWord::coalesced(into));
    }

    /// Records its fate.
    pub(crate) fn decide(&mut self, decision: Decision) {
        let (word, why) = match decision {
            Decision::Dispatched => (FateWord::DISPATCHED, None),
            Decision::Dropped(dropped) => (FateWord::DROPPED, Some(Why::Dropped(dropped))),
            Decision::Captured(by) => (FateWord::captured(by), None),
            Decision::Coalesced(into) => (FateWord::coalesced(into), None),
            Decision::NotDue => (FateWord::NOT_DUE, None),
            Decision::Discarded => (FateWord::DISCARDED, None),
            Decision::Failed(failure) => (FateWord::FAILED, Some(Why::Failed(failure))),
            Decision::NotReached => (FateWord::NOT_REACHED, None),
        };
        self.fate = self.fate.becomes(word);
        if self.extra.is_some() || why.is_some() {
            self.extra_mut().why = why;
        }
    }

    /// Returns its fate.
    pub(crate) fn fate(&self) -> Fate<'_> {
        let why = self.extra.as_ref().and_then(|extra| extra.why.as_ref());
        self.fate.fate(why)
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

    /// Returns whether its scope captured it from a nested one.
    pub(crate) fn was_captured(&self) -> bool {
        self.fate.was_captured()
    }

    #[inline]
    pub(crate) fn set_captured(&mut self) {
        self.fate = self.fate.and_captured();
    }

    /// Returns whether the failure that it waits for has happened, in a scope from which it was captured.
    pub(crate) fn is_due(&self) -> bool {
        self.fate.is_due()
    }

    pub(crate) fn set_due(&mut self) {
        self.fate = self.fate.and_due();
    }

    pub(crate) fn place(&self) -> Option<&OpaquePlace> {
        self.extra.as_ref()?.place.as_ref()
    }

    pub(crate) fn set_place(&mut self, place: Option<OpaquePlace>) {
        if self.extra.is_some() || place.is_some() {
            self.extra_mut().place = place;
        }
    }

    pub(crate) fn cause(&self) -> Option<&Arc<Cause>> {
        self.extra.as_ref()?.cause.as_ref()
    }

    /// Sets its cause. An intent that starts a new chain keeps only a copy of it without its own causes, for
    /// `detached_from`.
    pub(crate) fn set_cause(&mut self, cause: Option<Arc<Cause>>) {
        if self.extra.is_none() && cause.is_none() {
            return;
        }
        let extra = self.extra_mut();
        match (&extra.chain, cause) {
            (Chain::Detaches, Some(cause)) => {
                extra.chain = Chain::Detached(Arc::new(cause.alone()));
                extra.cause = None;
            }
            (_, cause) => extra.cause = cause,
        }
    }

    /// Starts a new chain of causes at the next enqueue.
    pub(crate) fn detach(&mut self) {
        self.extra_mut().chain = Chain::Detaches;
    }

    pub(crate) fn detached_from(&self) -> Option<&Cause> {
        match &self.extra.as_ref()?.chain {
            Chain::Detached(from) => Some(from),
            _ => None,
        }
    }

    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.extra.as_ref()?.origin.as_ref()
    }

    pub(crate) fn set_origin(&mut self, origin: Option<Origin>) {
        if self.extra.is_some() || origin.is_some() {
            let extra = self.extra_mut();
            extra.origin = origin;
            extra.shares_origin = false;
        }
    }

    /// Sets the origin of the scope that holds the intent, unless it has its own.
    pub(crate) fn share_origin(&mut self, origin: &Origin) {
        if self.origin().is_some() {
            return;
        }
        let extra = self.extra_mut();
        extra.origin = Some(origin.clone());
        extra.shares_origin = true;
    }

    /// Makes the origin its own, because it leaves the scope that shared it.
    pub(crate) fn keep_origin(&mut self) {
        if let Some(extra) = &mut self.extra {
            extra.shares_origin = false;
        }
    }

    pub(crate) fn stored(&self) -> Option<&Arc<Stored>> {
        self.extra.as_ref()?.stored.as_ref()
    }

    pub(crate) fn set_stored(&mut self, stored: Arc<Stored>) {
        self.extra_mut().stored = Some(stored);
    }

    pub(crate) fn options(&self) -> Option<&Options> {
        self.extra.as_ref()?.options.as_deref()
    }

    pub(crate) fn options_mut(&mut self) -> &mut Options {
        self.extra_mut().options.get_or_insert_default()
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

    pub(crate) fn schedule(&self) -> Schedule {
        self.options()
            .map_or(Schedule::Now, |options| options.schedule)
    }

    pub(crate) fn queue(&self) -> Option<&str> {
        let own = self.options().and_then(|options| options.queue.as_deref());
        own.or(self.effect.spec.queue)
    }

    pub(crate) fn priority(&self) -> Option<i16> {
        let own = self.options().and_then(|options| options.priority);
        own.or(self.effect.spec.priority)
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

    pub(crate) fn fire_on(&self) -> FireOn {
        self.options()
            .map_or(FireOn::Success, |options| options.fire_on)
    }

    /// Resets the data to that of an intent which was never enqueued. Keeps id, options, origin and stored data.
    pub(crate) fn renew(&mut self) {
        self.scope = None;
        self.fate = FateWord::PENDING;
        if let Some(extra) = &mut self.extra {
            extra.place = None;
            extra.cause = None;
            extra.why = None;
            extra.shares_origin = false;
            if let Chain::Detached(_) = extra.chain {
                extra.chain = Chain::Detaches;
            }
            // Nothing is left that needs the box: it counts as plain again.
            if let Extra {
                origin: None,
                options: None,
                chain: Chain::Continues,
                stored: None,
                ..
            } = **extra
            {
                self.extra = None;
            }
        }
    }
}
