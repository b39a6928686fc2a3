//! Programs: the intents that are enqueued, their scopes, and the failures.

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

/// The style of a program: a closure or a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Sync,
    Async,
}

/// One action of a program or an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Enqueue(Enqueue),
    /// Enqueues in a destructor, after the rest of the block.
    EnqueueInDrop(Enqueue),
    Scope(Scope),
    /// The first scope encloses the second, and ends before it.
    Crossed(Scope, Scope),
    Local(Rule, Form, Vec<Step>),
    /// Enters the current scope on another thread.
    Thread(Vec<Step>),
    KeepHandle,
    /// Enters the scope of the most recently kept handle. The scope may have ended.
    UseHandle(Vec<Step>),
    /// Is pending for this many polls.
    Yield(u8),
    /// Two futures, polled in turn.
    Join(Vec<Step>, Vec<Step>),
    /// A future that is dropped once it has been pending more than this many times.
    Cancel(u8, Vec<Step>),
    /// Unwinds to the nearest scope step.
    Panic,
}

/// The form of a scope or a local policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Closure,
    Future,
    Guard,
    /// A scope that is opened, entered or bound, and finished by hand; or a guard that replaces
    /// another.
    ByHand,
    /// A scope that is released, then dispatched. A local policy is like `ByHand`.
    Released,
    /// Like `Released`, but scopes within it dispatch when they end.
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
    /// `true` if the intents that the flush hands back are enqueued again, in the enclosing scope.
    pub(crate) again: bool,
    pub(crate) body: Vec<Step>,
}

/// The end of the work in a scope, unless it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Ok,
    Err,
    /// The scope is dropped without being ended.
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

/// A policy. `Limit` has a limit; other numbers select intents by their number modulo 4.
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
    /// Keeps each delivery until the program has ended.
    Keep(Later),
    /// Like `Keep`, after being pending for this many polls.
    KeepAsync(u8, Later),
    /// Returns each delivery with an error.
    Refuse,
    FailRest,
    /// Performs this many units, then panics.
    PanicAfter(u8),
    /// Performs this many units, then returns.
    ReturnAfter(u8),
    /// Panics while it holds the delivery.
    PanicInHand,
    /// Rejects each intent whose number has this remainder.
    AcceptNot(u8, Box<Way>),
    Retry(Box<Way>),
    Timeout(Box<Way>),
    /// Drops the future of the inner executor once it has been pending more than this many times.
    OwnTimeout(u8, Box<Way>),
    Fallback(Box<Way>, Box<Way>),
}

/// The handling of a kept delivery.
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

/// The behaviour of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The number of attempts that fail.
    pub(crate) fails: u8,
    /// `true` if failing attempts panic. If an effect cannot return an error, they always panic.
    pub(crate) panics: bool,
    /// The number of polls for which an async body is pending. The largest number means forever.
    pub(crate) yields: u8,
    pub(crate) body: Vec<Step>,
}

/// An effect, classified by how its arguments can be preserved.
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

    /// Returns whether its arguments are `Copy`, so that a duplicate is free.
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

    /// Returns whether its arguments survive a failed attempt, so that they must be handed back.
    pub(crate) fn keeps_arguments(self) -> bool {
        !matches!(self, Self::Once | Self::Owned)
    }
}

impl Plan {
    pub(crate) const FOREVER: u8 = u8::MAX;
}
