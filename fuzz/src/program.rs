//! Programs: what is enqueued, in which scopes, and what goes wrong.

use airlock::FailureMode;

/// A whole program, with the settings of its airlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) style: Style,
    pub(crate) executor: Option<Way>,
    pub(crate) policy: Option<Rule>,
    pub(crate) mode: Option<FailureMode>,
    pub(crate) depth_limit: u32,
    pub(crate) steps: Vec<Step>,
}

/// Whether the program runs as a closure or as a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Sync,
    Async,
}

/// One thing that a program or an effect does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Enqueue(Enqueue),
    /// Enqueues when the rest of the block is done, in a destructor.
    EnqueueInDrop(Enqueue),
    Scope(Scope),
    /// The first scope encloses the second, and ends before it.
    Crossed(Scope, Scope),
    Local(Rule, Form, Vec<Step>),
    /// Another thread enters the current scope.
    Thread(Vec<Step>),
    KeepHandle,
    /// Enters the scope whose handle was kept last, which may have ended.
    UseHandle(Vec<Step>),
    /// Waits for this many polls.
    Yield(u8),
    /// Two futures, polled in turn.
    Join(Vec<Step>, Vec<Step>),
    /// A future that is dropped after this many polls.
    Cancel(u8, Vec<Step>),
    /// Unwinds to the nearest scope step.
    Panic,
}

/// How a scope or a local policy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Closure,
    Future,
    Guard,
    /// A scope that is opened, entered or bound, and finished by hand; a guard that replaces another.
    ByHand,
    /// A scope that is released, then dispatched; otherwise as `ByHand`.
    Released,
    /// As `Released`, and scopes within it dispatch when they end.
    Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) form: Form,
    pub(crate) end: End,
    pub(crate) executor: Option<Way>,
    pub(crate) policy: Option<Rule>,
    pub(crate) lifecycle: Option<Life>,
    pub(crate) mode: Option<FailureMode>,
    /// Whether what the flush hands back is enqueued again, in what encloses the scope.
    pub(crate) again: bool,
    pub(crate) body: Vec<Step>,
}

/// How the work in a scope ends, unless it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Ok,
    Err,
    /// Nobody ends the scope: it is dropped.
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    AlwaysFlush,
    NeverFlush,
    ReleaseAll,
    /// Releases intents with even numbers.
    ReleaseEven,
}

/// A policy. Those with a number judge intents by the remainder of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Allow,
    Drop,
    DropSome(u8),
    VetoSome(u8),
    PanicAtFlush(u8),
    PanicAtEnqueue(u8),
    Limit(u8),
    NoReentry,
}

/// An executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Inline,
    /// Coalesce each delivery until the program has ended.
    Keep(Later),
    /// As `Keep`, after awaiting this many polls.
    KeepAsync(u8, Later),
    /// Returns each delivery with an error.
    Refuse,
    FailRest,
    /// Performs this many units, then panics.
    PanicAfter(u8),
    /// Performs this many units, then returns.
    ReturnAfter(u8),
    /// Panics with the delivery in its hands.
    PanicInHand,
    /// Accepts no intent whose number has this remainder.
    AcceptNot(u8, Box<Way>),
    Retry(Box<Way>),
    Timeout(Box<Way>),
    /// Drops the inner executor's future after this many polls, then gives up.
    OwnTimeout(u8, Box<Way>),
    Fallback(Box<Way>, Box<Way>),
}

/// What becomes of a delivery that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Later {
    Perform,
    PerformAsync,
    /// Performs it as a future that is dropped after the first poll.
    CutShort,
    GiveUp,
    Drop,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enqueue {
    pub(crate) kind: Kind,
    pub(crate) fire_on: FireOn,
    pub(crate) key: Option<u8>,
    pub(crate) plan: Plan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FireOn {
    Success,
    Failure,
    Always,
}

/// What a body does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// How many attempts fail.
    pub(crate) fails: u8,
    /// Whether they panic. Where an effect can return no error they always do.
    pub(crate) panics: bool,
    /// How many polls an async body waits for; the largest number waits for ever.
    pub(crate) yields: u8,
    pub(crate) body: Vec<Step>,
}

/// An effect, by what matters to conservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Cannot return an error; arguments are `Copy`.
    Quiet,
    /// Cannot return an error; arguments have a destructor.
    Owned,
    Fallible,
    Once,
    Retried,
    Async,
    AsyncOwned,
    AsyncRetried,
    AsyncTimed,
    Batch,
    BatchFallible,
    BatchKeyed,
    Keyed,
    KeyedFirst,
}

impl Kind {
    pub(crate) const ALL: [Self; 14] = [
        Self::Quiet,
        Self::Owned,
        Self::Fallible,
        Self::Once,
        Self::Retried,
        Self::Async,
        Self::AsyncOwned,
        Self::AsyncRetried,
        Self::AsyncTimed,
        Self::Batch,
        Self::BatchFallible,
        Self::BatchKeyed,
        Self::Keyed,
        Self::KeyedFirst,
    ];

    /// Whether its arguments are `Copy`, so that a duplicate costs nothing.
    pub(crate) fn is_copy(self) -> bool {
        !matches!(
            self,
            Self::Once
                | Self::Owned
                | Self::Fallible
                | Self::Retried
                | Self::AsyncOwned
                | Self::AsyncRetried
        )
    }

    /// Whether its arguments survive a failed attempt, so that it must be handed back.
    pub(crate) fn keeps_arguments(self) -> bool {
        !matches!(self, Self::Once | Self::Owned)
    }
}

impl Plan {
    pub(crate) const FOREVER: u8 = u8::MAX;
}
