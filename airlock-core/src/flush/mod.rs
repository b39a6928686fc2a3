//! Flushing: from a finished scope to the fate of each of its intents.
//!
//! A row of stages, each a file, each from one type to the next: [`take`] the buffer, [`select`] by the
//! ending, [`release`] or capture, [`judge`], [`coalesce`], [`limit`] the depth, [`route`], [`dispatch`]
//! with an [`attempt`] for each unit, [`conclude`] with a report. What an effect enqueues goes through the
//! same stages from [`judge`] on and joins the same [`Flush`]. [`plain`] is the fast path for a scope with
//! nothing to ask.

mod attempt;
mod coalesce;
mod conclude;
mod delivery;
mod dispatch;
mod judge;
mod limit;
mod plain;
mod release;
mod route;
mod select;
mod take;

use std::sync::Arc;

use crate::context::{Around, Frame, Shared};
use crate::executor::{Executor, FailureMode, Returns};
use crate::flush::delivery::Terms;
use crate::flush::judge::Leaving;
use crate::flush::route::Routes;
use crate::flush::take::Taken;
use crate::intent::{Decision, Failure, Intent};
use crate::lifecycle::{Ending, Outcome};
use crate::report::{Entries, FlushError, FlushReport};
use crate::settings::SettingsRef;

/// A scope to be ended.
pub(crate) enum Ends<'a> {
    /// One that was taken off the stack, or out of its future.
    Frame(Box<Frame>),
    /// One that handles refer to.
    Shared(&'a Arc<Shared>),
}

impl Ends<'_> {
    #[inline]
    fn take(self, outcome: Outcome) -> Taken {
        match self {
            Ends::Frame(frame) => Taken::frame(frame, outcome),
            Ends::Shared(shared) => Taken::shared(shared, outcome),
        }
    }
}

/// Ends a scope as its lifecycle says of this outcome, without awaiting.
#[inline]
pub(crate) fn finish(scope: Ends<'_>, outcome: Outcome) -> Result<FlushReport, FlushError> {
    end(scope.take(outcome))
}

/// Ends a scope in this way, whatever its lifecycle says, without awaiting.
pub(crate) fn finish_as(
    scope: Ends<'_>,
    outcome: Outcome,
    ending: Ending,
) -> Result<FlushReport, FlushError> {
    end(scope.take(outcome).ends(ending))
}

#[inline]
fn end(taken: Taken) -> Result<FlushReport, FlushError> {
    match plain::flush(taken) {
        Ok(report) => Ok(report),
        Err(mut flush) => {
            flush.dispatch();
            flush.conclude()
        }
    }
}

/// As [`finish`], awaiting effects.
pub(crate) async fn finish_async(
    scope: Ends<'_>,
    outcome: Outcome,
) -> Result<FlushReport, FlushError> {
    let taken = scope.take(outcome);
    end_async(taken).await
}

/// As [`finish_as`], awaiting effects.
pub(crate) async fn finish_async_as(
    scope: Ends<'_>,
    outcome: Outcome,
    ending: Ending,
) -> Result<FlushReport, FlushError> {
    let taken = scope.take(outcome).ends(ending);
    end_async(taken).await
}

async fn end_async(taken: Taken) -> Result<FlushReport, FlushError> {
    let mut flush = match plain::flush(taken) {
        Ok(report) => return Ok(report),
        Err(flush) => flush,
    };
    flush.dispatch_async().await;
    flush.conclude()
}

/// The error of a flush by code that is in the scope (R7). It hands everything back.
pub(crate) fn refused(scope: &Arc<Shared>) -> FlushError {
    let mut taken = Taken::shared(scope, Outcome::Failure);
    let intents = std::mem::take(&mut taken.intents);
    let mut flush = Flush::new(Terms::of(taken.head()), intents);
    flush.scope = Scope::Taken(taken);
    let failure = Arc::new(Failure::StillEntered);
    for intent in &mut flush.intents {
        intent.facts.decide(Decision::Failed(failure.clone()));
    }
    let on_stranded = flush.settings().on_stranded.clone();
    let error = match flush.conclude() {
        Err(error) => error,
        Ok(report) => FlushError::new(report, on_stranded, Vec::new()),
    };
    error.still_entered()
}

/// A scope that has ended up to the dispatch.
pub(crate) fn release(scope: Ends<'_>, outcome: Outcome) -> Flush {
    Flush::prepare(scope.take(outcome))
}

/// A flush under way: intents of which each has its executor.
pub(crate) struct Flush {
    scope: Scope,
    terms: Terms,
    /// What was performed and reported before the rest, in front of `intents`.
    done: Entries,
    /// The scope's own intents, then what effects enqueued while they were performed.
    intents: Vec<Intent>,
    /// How many of both are the scope's own.
    own: usize,
    routes: Routes,
    /// Whether the dispatch of the scope's own intents has begun.
    begun: bool,
    /// What effects caused and was not dispatched yet, the innermost last.
    unfinished: Vec<std::ops::Range<usize>>,
    /// Whether a failure has ended it.
    stopped: bool,
    /// Whether it may wait for retries: nobody is left to wait for a dropped future's.
    may_wait: bool,
    /// Positions of the unit whose attempt has begun and not ended.
    under_way: Vec<u32>,
    /// Shared with the deliveries that it hands over.
    performer: Option<Arc<delivery::Performing>>,
    returns: Option<Arc<Returns>>,
    captors: Captors,
    concluded: bool,
}

type Captors = Vec<(crate::intent::ScopeId, std::borrow::Cow<'static, str>)>;

/// The scope that a flush ends.
enum Scope {
    Taken(Taken),
    /// It has ended before; this performs what it handed over.
    Ended,
}

impl Flush {
    /// Stages 2 to 7.
    fn prepare(taken: Taken) -> Self {
        let mut released = release::release(select::select(taken));
        let terms = Terms::of(released.scope.head());
        let intents = std::mem::take(&mut released.scope.intents);
        let may_wait = released.scope.outcome != Outcome::Cancelled;
        let (special, exempt) = (released.scope.special, released.scope.head().is_exempt());
        let mut flush = Self::new(terms, intents);
        flush.own += released.captured.len();
        flush.done = released.captured;
        flush.captors = released.captors;
        flush.stopped = released.failed && flush.terms.mode == FailureMode::Stop;
        flush.scope = Scope::Taken(released.scope);
        flush.may_wait = may_wait;
        if !flush.intents.is_empty() {
            flush.admit(0, None, special || exempt, exempt);
        }
        flush
    }

    fn new(terms: Terms, intents: Vec<Intent>) -> Self {
        Self {
            scope: Scope::Ended,
            terms,
            done: Entries::default(),
            own: intents.len(),
            intents,
            routes: Routes::default(),
            begun: false,
            unfinished: Vec::new(),
            stopped: false,
            may_wait: true,
            under_way: Vec::new(),
            performer: None,
            returns: None,
            captors: Vec::new(),
            concluded: false,
        }
    }

    /// A flush of intents that were judged before, all for one executor.
    fn of_delivery(
        terms: Terms,
        executor: Option<Arc<dyn Executor>>,
        mut intents: Vec<Intent>,
    ) -> Self {
        for intent in &mut intents {
            intent.facts.set_pending();
        }
        let mut flush = Self::new(terms, intents);
        flush.routes = Routes::only(executor);
        let all: Vec<u32> = (0..flush.intents.len() as u32).collect();
        flush.routes.one_unit(&flush.intents, all);
        flush
    }

    /// Stages 4 to 7 for the intents from `start` on: those of the scope, or those that an effect
    /// caused in `around`.
    fn admit(&mut self, start: usize, around: Option<&Around>, special: bool, exempt: bool) {
        let leaving = Leaving {
            intents: &mut self.intents[start..],
            around: around.unwrap_or(&self.terms.around),
            judges_from: self.terms.judges_from,
            mode: self.terms.mode,
            special,
            stopped: self.stopped,
        };
        let judged = match exempt {
            true => judge::Judged(leaving),
            false => judge::judge(leaving),
        };
        let limit = self.terms.settings.depth_limit;
        let limited = limit::limit_depth(coalesce::coalesce(judged), limit);
        self.stopped |= self.routes.add(limited, start);
    }

    /// Whether nothing is left to dispatch.
    pub(crate) fn is_settled(&self) -> bool {
        self.stopped || !self.intents.iter().any(|intent| intent.facts.is_pending())
    }

    fn settings(&self) -> &SettingsRef {
        &self.terms.settings
    }
}
