//! Stage 1: takes the buffer of a scope whose work has ended.

use std::sync::Arc;
use std::thread;

use crate::context::{self, Around, Frame, Head, Mode, Parent, Phase, Shared, recycle};
use crate::intent::{Intent, Special};
use crate::lifecycle::{Ending, FlushOnSuccess, Lifecycle, Outcome};
use crate::unwind::guarded;

/// A scope whose work has ended, with its intents.
pub(crate) struct Taken {
    scope: Source,
    pub(super) intents: Vec<Intent>,
    /// The features of the intents that the later stages must look for.
    pub(super) special: Special,
    pub(super) captor: Captor,
    /// `true` if it let scopes within it dispatch. It is still captured itself.
    pub(super) releases: bool,
    pub(super) outcome: Outcome,
    pub(super) ending: Ending,
}

/// The place that a scope was taken from.
enum Source {
    /// A frame, which is recycled when the flush ends.
    Frame(Option<Box<Frame>>),
    Shared(Arc<Shared>),
}

/// The scope that captures what a scope would dispatch.
pub(crate) enum Captor {
    Nobody,
    /// The scope around the running code.
    Beneath,
    Shared(Arc<Shared>),
}

impl Taken {
    /// Takes a scope that was taken off the stack or out of its future.
    #[inline]
    pub(crate) fn frame(mut frame: Box<Frame>, outcome: Outcome) -> Self {
        if let Some(shared) = frame.shared().cloned() {
            recycle(frame);
            return Self::shared(&shared, outcome);
        }
        refuse_while_inspecting();
        let captor = match std::mem::replace(&mut frame.parent, Parent::None) {
            Parent::Beneath => Captor::Beneath,
            Parent::None => Captor::Nobody,
            Parent::Shared(parent) => Captor::Shared(parent),
        };
        frame.share_origin();
        let ending = match frame.own_head() {
            Some(head) => ending(head, outcome),
            None => default_ending(outcome),
        };
        Self {
            intents: std::mem::take(&mut frame.buffer),
            special: frame.special,
            releases: frame.releases,
            scope: Source::Frame(Some(frame)),
            captor,
            outcome,
            ending,
        }
    }

    /// Takes a published scope. Its handles find it ended from now on.
    pub(crate) fn shared(shared: &Arc<Shared>, outcome: Outcome) -> Self {
        refuse_while_inspecting();
        // Before the lock: the lifecycle is user code and may use a handle to this scope.
        let ending = ending(&shared.head, outcome);
        let (intents, special, releases) = {
            let mut state = shared.state();
            state.phase = Phase::Ended;
            let intents = std::mem::take(&mut state.buffer);
            (intents, state.special, state.releases)
        };
        let captor = match &shared.parent {
            Some(parent) => Captor::Shared(parent.clone()),
            None => Captor::Nobody,
        };
        Self {
            scope: Source::Shared(shared.clone()),
            intents,
            special,
            captor,
            releases,
            outcome,
            ending,
        }
    }

    /// Replaces the lifecycle's decision.
    pub(crate) fn ends(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Adds an intent that was taken out for recording.
    pub(super) fn put_back(&mut self, intent: Intent) {
        self.special.add(Special::from_intent(&intent));
        self.intents.push(intent);
    }

    /// Returns the head of the scope.
    pub(super) fn head(&self) -> &Head {
        match &self.scope {
            Source::Frame(Some(frame)) => match frame.own_head() {
                Some(head) => head,
                None => unreachable!("only scopes are flushed"),
            },
            Source::Shared(shared) => &shared.head,
            Source::Frame(None) => unreachable!("a frame is recycled at the end"),
        }
    }

    /// Returns the places around code directly in the scope.
    pub(super) fn around(&self) -> &Around {
        &self.head().around
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Source::Frame(frame) = &mut self.scope
            && let Some(mut frame) = frame.take()
        {
            // The recycled frame keeps the buffer's capacity.
            if self.intents.is_empty() {
                frame.buffer = std::mem::take(&mut self.intents);
            }
            recycle(frame);
        }
    }
}

/// Panics if a closure is inspecting a buffer: ending a scope consults policies and performs effects.
///
/// Does not panic while the thread unwinds, since a second panic would abort the process.
#[inline]
#[track_caller]
pub(crate) fn refuse_while_inspecting() {
    assert!(
        context::mode() != Mode::Inspecting || thread::panicking(),
        "a scope cannot end within `Scope::inspect`: end it after the closure has returned"
    );
}

/// Returns how a scope without a lifecycle ends.
#[inline]
fn default_ending(outcome: Outcome) -> Ending {
    FlushOnSuccess.end(outcome)
}

/// Returns how the scope ends under this outcome.
#[inline]
fn ending(head: &Head, outcome: Outcome) -> Ending {
    if head.has_lifecycle() {
        ask_lifecycle(head, outcome)
    } else {
        default_ending(outcome)
    }
}

/// Asks the lifecycle. If that panics, the scope ends by default.
#[cold]
fn ask_lifecycle(head: &Head, outcome: Outcome) -> Ending {
    let Some(lifecycle) = head.lifecycle() else {
        return default_ending(outcome);
    };
    let _judging = context::judging();
    let ending = guarded("Lifecycle::end", || lifecycle.end(outcome))
        .unwrap_or_else(|| default_ending(outcome));
    match (outcome, ending) {
        // R6: the work of a dropped future did not succeed, whatever the lifecycle decides.
        (Outcome::Cancelled, Ending::Flush) => Ending::FlushOnFailure,
        (_, ending) => ending,
    }
}
