//! The changes of an intent's facts, from its enqueue to its fate.

use std::sync::Arc;

use super::{Chain, Extra, IntentInfo, OpaquePlace};
use crate::intent::fate::{Decision, FateWord, Why};
use crate::intent::{Cause, IntentId, Options, Origin, ScopeId, Stored};

impl IntentInfo {
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

    #[inline]
    pub(crate) fn set_captured(&mut self) {
        self.fate = self.fate.and_captured();
    }

    pub(crate) fn set_due(&mut self) {
        self.fate = self.fate.and_due();
    }

    pub(crate) fn set_place(&mut self, place: Option<OpaquePlace>) {
        if self.extra.is_some() || place.is_some() {
            self.extra_mut().place = place;
        }
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

    pub(crate) fn set_stored(&mut self, stored: Arc<Stored>) {
        self.extra_mut().stored = Some(stored);
    }

    pub(crate) fn options_mut(&mut self) -> &mut Options {
        self.extra_mut().options.get_or_insert_default()
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
