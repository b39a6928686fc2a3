//! The fate of an intent, and the reason for it.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use crate::effect::{BoxError, MissingResource};
use crate::intent::{IntentId, ScopeId};
use crate::unwind::{Panicked, catch, guarded};

/// The fate of an intent.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Fate<'a> {
    /// Not decided yet. Reports of ended scopes never show it.
    #[doc(hidden)]
    Pending,
    /// An executor performed it or took it over.
    Dispatched,
    /// A policy dropped it.
    Dropped(&'a Dropped),
    /// The enclosing scope with this id holds it now.
    Captured(ScopeId),
    /// The intent with this id represents it: it has the same effect and key.
    Coalesced(IntentId),
    /// It waited for a failure that did not happen.
    NotDue,
    /// Its scope was discarded.
    Discarded,
    /// It failed.
    Failed(&'a Failure),
    /// Its flush stopped before its turn.
    NotReached,
}

/// The policy that dropped an intent, and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The policy's name.
    pub policy: String,
    /// Its reason, if it gave one.
    pub reason: Option<String>,
}

impl Fate<'_> {
    /// Returns the fate in one or two words: `dispatched`, `dropped`, `captured`, `coalesced`, `not due`,
    /// `discarded`, `failed` or `not reached`.
    pub fn word(&self) -> &'static str {
        match self {
            Fate::Pending => "pending",
            Fate::Dispatched => "dispatched",
            Fate::Dropped(_) => "dropped",
            Fate::Captured(_) => "captured",
            Fate::Coalesced(_) => "coalesced",
            Fate::NotDue => "not due",
            Fate::Discarded => "discarded",
            Fate::Failed(_) => "failed",
            Fate::NotReached => "not reached",
        }
    }

    /// Returns the details, or an empty string.
    pub(crate) fn why(&self) -> String {
        match self {
            Fate::Dropped(dropped) => match &dropped.reason {
                Some(reason) => format!("by {}: {reason}", dropped.policy),
                None => format!("by {}", dropped.policy),
            },
            Fate::Captured(by) => format!("by scope {by}"),
            Fate::Coalesced(into) => format!("into {into}"),
            Fate::Failed(failure) => failure.in_full(),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Fate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self.why() {
            why if why.is_empty() => Ok(()),
            why => write!(f, " {why}"),
        }
    }
}

/// The owned form of a fate, for [`IntentInfo::decide`](crate::intent::IntentInfo::decide).
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    Dispatched,
    Dropped(Arc<Dropped>),
    Captured(ScopeId),
    Coalesced(IntentId),
    NotDue,
    Discarded,
    Failed(Arc<Failure>),
    NotReached,
}

/// The reason why an intent was dropped or failed.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    Dropped(Arc<Dropped>),
    Failed(Arc<Failure>),
}

/// A fate packed into one word: its kind in the lowest four bits, then two marks, then the id of the capturing scope
/// or of the intent that represents this one.
///
/// Packed, because an entry of a report is then 48 bytes. With 56 bytes a scope with two effects takes 10 % longer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FateWord(u64);

impl FateWord {
    pub(crate) const PENDING: Self = Self(0);
    pub(crate) const DISPATCHED: Self = Self(1);
    pub(crate) const DROPPED: Self = Self(2);
    const CAPTURED: u64 = 3;
    const COALESCED: u64 = 4;
    pub(crate) const NOT_DUE: Self = Self(5);
    pub(crate) const DISCARDED: Self = Self(6);
    pub(crate) const FAILED: Self = Self(7);
    pub(crate) const NOT_REACHED: Self = Self(8);

    const KIND: u64 = 0b1111;
    /// The intent came from a nested scope.
    const WAS_CAPTURED: u64 = 1 << 4;
    /// The failure that an *on failure* intent waits for has happened, in a nested scope.
    const IS_DUE: u64 = 1 << 5;
    const MARKS: u64 = Self::WAS_CAPTURED | Self::IS_DUE;
    const ID_SHIFT: u32 = 6;

    pub(crate) fn captured(by: ScopeId) -> Self {
        Self(Self::CAPTURED | by.get() << Self::ID_SHIFT)
    }

    pub(crate) fn coalesced(into: IntentId) -> Self {
        Self(Self::COALESCED | into.get() << Self::ID_SHIFT)
    }

    /// Replaces the fate and keeps the marks.
    #[inline]
    pub(crate) fn becomes(self, fate: Self) -> Self {
        Self(fate.0 | (self.0 & Self::MARKS))
    }

    /// Adds the mark that the intent was captured.
    #[inline]
    pub(crate) fn and_captured(self) -> Self {
        Self(self.0 | Self::WAS_CAPTURED)
    }

    /// Adds the mark that the intent is due.
    pub(crate) fn and_due(self) -> Self {
        Self(self.0 | Self::IS_DUE)
    }

    pub(crate) fn is_due(self) -> bool {
        self.0 & Self::IS_DUE != 0
    }

    #[inline]
    pub(crate) fn was_captured(self) -> bool {
        self.0 & Self::WAS_CAPTURED != 0
    }

    /// Returns whether both are of the same kind.
    #[inline]
    pub(crate) fn is(self, fate: Self) -> bool {
        (self.0 ^ fate.0) & Self::KIND == 0
    }

    /// Unpacks the fate. `why` is the reason, which does not fit into the word.
    pub(crate) fn fate(self, why: Option<&Why>) -> Fate<'_> {
        let id = NonZeroU64::new(self.0 >> Self::ID_SHIFT).unwrap_or(NonZeroU64::MIN);
        match (self.0 & Self::KIND, why) {
            (1, _) => Fate::Dispatched,
            (2, Some(Why::Dropped(dropped))) => Fate::Dropped(dropped),
            (Self::CAPTURED, _) => Fate::Captured(ScopeId(id)),
            (Self::COALESCED, _) => Fate::Coalesced(IntentId(id)),
            (5, _) => Fate::NotDue,
            (6, _) => Fate::Discarded,
            (7, Some(Why::Failed(failure))) => Fate::Failed(failure),
            (8, _) => Fate::NotReached,
            _ => Fate::Pending,
        }
    }
}

/// The reason why an intent failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The effect's body returned an error.
    #[error("the effect returned an error")]
    Effect(#[source] BoxError),
    /// The effect's body did not run, because a resource is missing.
    #[error(transparent)]
    MissingResource(MissingResource),
    /// The effect's body panicked. The panic was caught; its message is kept.
    #[error("the effect panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// The effect is async, and its scope ended without awaiting.
    #[error(
        "the effect is async, but its scope ended without awaiting: end it with `run_async`, `flush_async` or an async boundary, or give it an executor that takes effects without awaiting, such as `airlock::tokio::Spawn`"
    )]
    NeedsAwait,
    /// An attempt took longer than the effect's timeout.
    #[error("the effect took longer than {limit:?}")]
    TimedOut {
        /// The timeout.
        limit: Duration,
    },
    /// The executor could not take the intent.
    #[error("the executor `{executor}` could not take it")]
    Executor {
        /// The executor's name.
        executor: String,
        /// The error that the executor reported.
        source: BoxError,
    },
    /// The executor panicked, returned without handling the intent, or dropped the attempt.
    #[error("the executor `{executor}` did not complete it: {message}")]
    LeftUndone {
        /// The executor's name.
        executor: String,
        /// The details.
        message: String,
    },
    /// A policy panicked when it judged the intent.
    #[error("the policy `{policy}` panicked: {message}")]
    PolicyPanicked {
        /// The policy's name.
        policy: String,
        /// The panic's message.
        message: String,
    },
    /// The `key` expression of the effect panicked.
    #[error("its key panicked: {message}")]
    KeyPanicked {
        /// The panic's message.
        message: String,
    },
    /// The enclosing scope that would have captured it had ended before the nested one.
    #[error("the enclosing scope {scope} had ended before this one")]
    AncestorEnded {
        /// The enclosing scope's name or id.
        scope: String,
    },
    /// The chain of causes exceeds the limit, probably because of a loop.
    #[error(
        "the cascade is deeper than {limit} effects: {chain}; break the loop with `policy::no_reentry()`, start a new chain on purpose with `.detached()`, or raise `AirlockBuilder::depth_limit`"
    )]
    TooDeep {
        /// The limit.
        limit: u32,
        /// The effects of the chain, starting with the first cause.
        chain: String,
    },
    /// The scope was flushed by code in it.
    #[error("the scope was flushed by code that runs in it: leave the scope first, then flush it")]
    StillEntered,
    /// The timer for its timeout or its retry panicked.
    #[error("the timer panicked: {message}")]
    TimerPanicked {
        /// The panic's message.
        message: String,
    },
    /// The flush was cancelled while the effect was under way. The effect may have happened, in full or in part.
    #[error("the flush was cancelled while this effect was under way")]
    Interrupted,
}

impl Failure {
    /// Converts the error of an effect's `perform`.
    pub(crate) fn from_effect(error: BoxError) -> Self {
        match error.downcast::<MissingResource>() {
            Ok(missing) => Self::MissingResource(*missing),
            Err(error) => Self::Effect(error),
        }
    }

    /// Returns whether the intent failed in its dispatch. `false` if a policy, its key, an ended ancestor or the depth
    /// limit failed it before.
    pub(crate) fn came_from_dispatch(&self) -> bool {
        !matches!(
            self,
            Failure::PolicyPanicked { .. }
                | Failure::KeyPanicked { .. }
                | Failure::AncestorEnded { .. }
                | Failure::TooDeep { .. }
        )
    }

    /// Returns the message of the last source. Returns a placeholder if a `Display` panics.
    pub(crate) fn root_cause(&self) -> String {
        let text = catch(|| {
            let mut root: &dyn Error = self;
            while let Some(source) = root.source() {
                root = source;
            }
            root.to_string()
        });
        text.unwrap_or_else(|panicked| cannot_be_shown(&panicked))
    }

    /// Returns the message with those of its sources. Returns a placeholder if a `Display` panics: errors of effects
    /// are user code.
    pub(crate) fn in_full(&self) -> String {
        catch(|| in_full(self)).unwrap_or_else(|panicked| cannot_be_shown(&panicked))
    }
}

fn cannot_be_shown(panicked: &Panicked) -> String {
    format!(
        "its error cannot be shown: `Display` panicked: {}",
        panicked.message
    )
}

/// Returns the messages of an error and of its sources, joined by colons. Skips a source whose message the text
/// already ends with, since [`FlushError`](crate::FlushError) repeats its root cause.
pub fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = error.source();
    }
    text
}

/// Returns the name of a policy or an executor, or a placeholder if computing it panics.
pub(crate) fn name_of(
    what: &'static str,
    name: impl FnOnce() -> std::borrow::Cow<'static, str>,
) -> String {
    match guarded(what, name) {
        Some(name) => name.into_owned(),
        None => format!("{what} panicked"),
    }
}
