//! The plan of one request, and its expected result.

use super::{Manners, OnClose, Told};

/// The plan of one request.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) ending: Ending,
    expected: Vec<u32>,
    /// `true` if its flush awaits, so that it can be cut short.
    awaits: bool,
}

/// A step of a handler.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Enqueues a sync effect with this number.
    Mark(u32),
    /// Enqueues an async effect with this number, which yields before it runs.
    MarkLater(u32),
    Yield,
    /// Runs the steps within a construct.
    Within(Around, Vec<Step>),
    /// Tells the client that the handler is midway through its work.
    Midway,
    /// Waits until it is dropped.
    Hold,
    Refuse,
    Panic,
}

impl Step {
    fn number(&self) -> Option<u32> {
        match self {
            Self::Mark(number) | Self::MarkLater(number) => Some(*number),
            _ => None,
        }
    }
}

/// A construct around steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    Call,
    Scope,
    Boundary,
    Policy,
    /// A scope whose work fails at its end. The handler ignores the error.
    FailingScope,
    DroppingScope,
    DroppingPolicy,
}

/// The ending of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Succeeds,
    /// Answers with this status, which is 400 or higher.
    FailsWith(u16),
    Refuses,
    Panics,
    /// The client leaves. The request would have succeeded.
    Left(Leaving),
}

/// The manner and the time of a client's disconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaving {
    pub(super) how: How,
    pub(super) when: When,
    /// The server's reaction to that.
    pub(super) server: Manners,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Closes the connection in an orderly way.
    Closes,
    /// Resets the connection.
    Breaks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before the request's head is complete.
    Sending,
    /// Right after the request is sent: the handler may not have begun, or may have ended.
    Sent,
    /// Midway through the handler, which does not wait for the disconnect.
    Midway,
    /// While the handler waits for something that never comes. Not used if the handler is shielded.
    Held,
}

/// The possible results for the effects of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    All,
    Nothing,
    AllOrNothing,
    /// Nothing, or all that was flushed. If the flush was cut short, its first effects ran, and the rest was
    /// handed back.
    CutShort,
}

impl Plan {
    pub(super) fn new(steps: Vec<Step>, ending: Ending) -> Self {
        let mut leaving = Vec::new();
        collect(&steps, &mut leaving);
        let awaits = leaving
            .iter()
            .any(|step| matches!(step, Step::MarkLater(_)));
        let expected = leaving.into_iter().filter_map(Step::number).collect();
        Self {
            expected,
            awaits,
            steps,
            ending,
        }
    }

    /// Returns the numbers of the effects that run if the request succeeds, in order.
    pub(super) fn expected(&self) -> &[u32] {
        &self.expected
    }

    pub(super) fn fate(&self) -> Fate {
        let Leaving { how, when, server } = match self.ending {
            Ending::Succeeds => return Fate::All,
            Ending::Left(leaving) => leaving,
            _ => return Fate::Nothing,
        };
        let runs_on = match (when, server.told) {
            (When::Midway, Told::Shield) => true,
            // At an earlier time, a server that stops may not have called the handler.
            _ => how == How::Closes && server.on_close == OnClose::RunsOn,
        };
        match when {
            When::Sending | When::Held => Fate::Nothing,
            When::Sent | When::Midway if runs_on => Fate::All,
            // A flush after the response cannot be cut short.
            _ if self.awaits && server.told != Told::AfterResponse => Fate::CutShort,
            _ => Fate::AllOrNothing,
        }
    }
}

impl Around {
    /// Returns whether the intents that are enqueued inside leave with the others.
    fn lets_out(self) -> bool {
        use Around::{Boundary, Call, Policy, Scope};
        matches!(self, Call | Scope | Boundary | Policy)
    }
}

/// Collects the steps whose intents leave.
fn collect<'a>(steps: &'a [Step], into: &mut Vec<&'a Step>) {
    for step in steps {
        match step {
            Step::Mark(_) | Step::MarkLater(_) => into.push(step),
            Step::Within(around, steps) if around.lets_out() => collect(steps, into),
            _ => {}
        }
    }
}
