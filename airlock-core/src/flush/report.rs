//! The flush report: what became of each intent, and why.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::catalogue::EffectDescriptor;
use crate::cause::Cause;
use crate::effect::Effect;
use crate::flush::error::Failure;
use crate::intent::{Facts, Intent, IntentId};
use crate::lifecycle::{Ending, Outcome};
use crate::origin::Origin;
use crate::scope::ScopeId;
use crate::table::Table;

/// What became of an intent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fate {
    /// Not decided yet; no report that has ended shows it.
    #[doc(hidden)]
    Pending,
    /// An executor performed it or took it over.
    Dispatched,
    /// A policy dropped it.
    Dropped(Arc<Dropped>),
    /// An enclosing scope holds it now.
    Captured(Arc<CapturedBy>),
    /// Another intent of the effect with the same key stands for it: the one with this id.
    Coalesced(IntentId),
    /// It waited for a failure that did not happen.
    NotDue,
    /// Its scope was discarded.
    Discarded,
    /// It failed.
    Failed(Arc<Failure>),
    /// Its flush stopped before its turn.
    NotReached,
}

/// Which policy dropped an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The policy's name.
    pub policy: String,
    /// Its reason, if it gave one.
    pub reason: Option<String>,
}

/// Which scope captured an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedBy {
    /// The scope's id.
    pub scope: ScopeId,
    /// The scope's name, or its id as text.
    pub name: String,
}

impl Fate {
    /// The fate in one word: `dispatched`, `dropped`, `captured`, `coalesced`, `not due`,
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

    /// Why, where there is more to say.
    pub(super) fn why(&self) -> String {
        match self {
            Fate::Dropped(dropped) => match &dropped.reason {
                Some(reason) => format!("by {}: {reason}", dropped.policy),
                None => format!("by {}", dropped.policy),
            },
            Fate::Captured(by) => format!("by scope {}", by.name),
            Fate::Coalesced(into) => format!("into {into}"),
            Fate::Failed(failure) => failure.in_full(),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self.why() {
            why if why.is_empty() => Ok(()),
            why => write!(f, " {why}"),
        }
    }
}

/// One intent in a report. Its arguments are not kept.
#[derive(Clone)]
pub struct ReportEntry {
    pub(crate) facts: Facts,
}

impl ReportEntry {
    /// What is told of an intent that has met its fate; its arguments are dropped.
    #[inline]
    pub(crate) fn of(intent: &mut Intent) -> Self {
        let fate = std::mem::replace(&mut intent.facts.fate, Fate::Pending);
        Self::with(intent, fate)
    }

    /// That of an intent that has been performed.
    #[inline]
    pub(crate) fn dispatched(intent: &mut Intent) -> Self {
        Self::with(intent, Fate::Dispatched)
    }

    #[inline]
    fn with(intent: &mut Intent, fate: Fate) -> Self {
        intent.payload.discard();
        Self {
            facts: intent.facts.take_with(fate),
        }
    }

    /// The effect.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.facts.effect
    }

    /// Whether it is an intent of this effect.
    pub fn is<E: Effect>(&self) -> bool {
        self.facts.effect == E::DESCRIPTOR
    }

    /// The intent's id.
    pub fn id(&self) -> IntentId {
        self.facts.id
    }

    /// Where it was enqueued.
    pub fn location(&self) -> &'static Location<'static> {
        self.facts.location
    }

    /// The scope that it was enqueued in.
    pub fn scope(&self) -> Option<ScopeId> {
        self.facts.scope
    }

    /// The chain of effects that led to it.
    pub fn cause(&self) -> Option<&Cause> {
        self.facts.cause().map(Arc::as_ref)
    }

    /// Where the work that enqueued it came from; see [`Intent::origin`].
    pub fn origin(&self) -> Option<&Origin> {
        self.facts.origin.as_ref()
    }

    /// Whether the scope that ended had captured it from a nested one.
    pub fn is_captured(&self) -> bool {
        self.facts.is_captured()
    }

    /// What became of it.
    pub fn fate(&self) -> &Fate {
        &self.facts.fate
    }
}

impl fmt::Debug for ReportEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.effect().id(), self.id(), self.fate())
    }
}

/// What became of each intent of a scope that has ended, and of what they caused.
///
/// `Display` prints it as a table.
#[derive(Clone, Debug)]
pub struct FlushReport {
    pub(crate) scope: Option<ScopeId>,
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) origin: Option<Origin>,
    pub(crate) outcome: Outcome,
    pub(crate) ending: Ending,
    /// How many of the entries are the scope's own; the rest are cascades.
    pub(crate) own: usize,
    pub(crate) entries: Vec<ReportEntry>,
}

impl FlushReport {
    /// The scope that ended.
    pub fn scope(&self) -> Option<ScopeId> {
        self.scope
    }

    /// The scope's name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where the scope's work came from.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// How the work in the scope had ended.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What the scope did then.
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// Every intent: those of the buffer in order, then what effects enqueued while they were
    /// performed.
    pub fn entries(&self) -> &[ReportEntry] {
        &self.entries
    }

    /// The intents of the scope's buffer, its own and captured ones.
    pub fn buffered(&self) -> &[ReportEntry] {
        &self.entries[..self.own]
    }

    /// What effects enqueued while they were performed, in the order of that.
    pub fn cascades(&self) -> &[ReportEntry] {
        &self.entries[self.own..]
    }

    /// How many intents there were, cascades included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many intents have a fate that the closure accepts.
    pub fn count(&self, accepts: impl Fn(&Fate) -> bool) -> usize {
        self.entries
            .iter()
            .filter(|entry| accepts(entry.fate()))
            .count()
    }

    /// Those that were dispatched, in order.
    pub fn dispatched(&self) -> impl Iterator<Item = &ReportEntry> {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Dispatched))
    }

    /// Those that a policy dropped, in order.
    pub fn dropped(&self) -> impl Iterator<Item = &ReportEntry> {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Dropped(_)))
    }

    /// Those that failed, in order.
    pub fn failed(&self) -> impl Iterator<Item = &ReportEntry> {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Failed(_)))
    }

    /// Those whose turn never came, in order.
    pub fn not_reached(&self) -> impl Iterator<Item = &ReportEntry> {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::NotReached))
    }
}

/// A line for the scope, then a row for each intent: effect, id, fate and why, where it was
/// enqueued, and what caused it.
impl fmt::Display for FlushReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.scope) {
            (Some(name), _) => write!(f, "scope {name}")?,
            (None, Some(id)) => write!(f, "scope {id}")?,
            (None, None) => f.write_str("scope")?,
        }
        if let Some(origin) = &self.origin {
            write!(f, " ({origin})")?;
        }
        let intents = if self.len() == 1 { "intent" } else { "intents" };
        writeln!(f, ", {}: {} {intents}", self.outcome, self.len())?;
        let mut table = Table::new([
            "effect",
            "intent",
            "fate",
            "why",
            "enqueued at",
            "caused by",
        ]);
        for entry in &self.entries {
            table.row([
                entry.effect().id().to_owned(),
                entry.id().to_string(),
                entry.fate().word().to_owned(),
                entry.fate().why(),
                format!("{}:{}", entry.location().file(), entry.location().line()),
                entry.cause().map_or_else(String::new, ToString::to_string),
            ]);
        }
        if self.is_empty() {
            Ok(())
        } else {
            write!(f, "{table}")
        }
    }
}
