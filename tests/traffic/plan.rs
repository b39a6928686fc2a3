//! What one request does, and what must come of it.

use super::{Manners, OnClose, Told};

/// The course of one request.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) ending: Ending,
    expected: Vec<u32>,
    /// Its flush waits in between, so that it can be cut short.
    awaits: bool,
}

/// One thing that a handler does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Enqueues a sync effect with this number.
    Mark(u32),
    /// Enqueues an async effect with this number, which yields before it does anything.
    MarkLater(u32),
    Yield,
    /// Does these within something.
    Within(Around, Vec<Step>),
    /// Tells the client that the handler is in the midst of its work.
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

/// What stands around steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    Call,
    Scope,
    Boundary,
    Policy,
    /// A scope whose work fails at its end, which the handler ignores.
    FailingScope,
    DroppingScope,
    DroppingPolicy,
}

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Succeeds,
    /// Answers with this status, from 400 on.
    FailsWith(u16),
    Refuses,
    Panics,
    /// Its client leaves; it would have succeeded.
    Left(Leaving),
}

/// How and when a client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaving {
    pub(super) how: How,
    pub(super) when: When,
    /// What the server makes of that.
    pub(super) server: Manners,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Closes the connection in good order.
    Closes,
    /// Resets it.
    Breaks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before the request's head is whole.
    Sending,
    /// As soon as it is sent: the handler may have begun, or have ended.
    Sent,
    /// While the handler is in the midst of its work, which it then does not interrupt.
    Midway,
    /// While the handler waits for something that never comes; not where it is shielded.
    Held,
}

/// What the effects of a request may have come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    All,
    Nothing,
    AllOrNothing,
    /// Nothing, or all of what was flushed; of a flush that was cut short the first ones, and the
    /// rest was handed back.
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

    /// The numbers of its effects, in order, if it succeeds.
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
            // Before that, a server that stops may not have called it.
            _ => how == How::Closes && server.on_close == OnClose::RunsOn,
        };
        match when {
            When::Sending | When::Held => Fate::Nothing,
            When::Sent | When::Midway if runs_on => Fate::All,
            // Nobody can cut short a flush after the response.
            _ if self.awaits && server.told != Told::AfterResponse => Fate::CutShort,
            _ => Fate::AllOrNothing,
        }
    }
}

impl Around {
    /// What is enqueued within leaves with the rest.
    fn lets_out(self) -> bool {
        use Around::{Boundary, Call, Policy, Scope};
        matches!(self, Call | Scope | Boundary | Policy)
    }
}

/// The steps that enqueue what leaves.
fn collect<'a>(steps: &'a [Step], into: &mut Vec<&'a Step>) {
    for step in steps {
        match step {
            Step::Mark(_) | Step::MarkLater(_) => into.push(step),
            Step::Within(around, steps) if around.lets_out() => collect(steps, into),
            _ => {}
        }
    }
}
