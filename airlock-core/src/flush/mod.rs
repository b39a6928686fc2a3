//! Flushing: from a finished scope to the fate of each of its intents.
//!
//! A sequence of stages, one per file, each a function from one type to the next: [`take`] the buffer, [`select`]
//! by the ending, [`release`] or capture, [`judge`], [`coalesce`], [`limit`] the depth, [`route`], [`dispatch`]
//! with an [`attempt`] for each unit, [`conclude`] with a report. The intents that an effect enqueues pass the
//! same stages from [`judge`] on and join the same [`Flush`]. [`plain`] is the fast path for a scope with nothing
//! to consult.

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
mod stored;
mod take;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::context::{Around, Frame, Shared};
use crate::effect::BoxFuture;
use crate::executor::{Executor, FailureMode, Returns};
use crate::flush::delivery::Terms;
use crate::flush::judge::Leaving;
use crate::flush::route::Routes;
pub(crate) use crate::flush::stored::{perform_stored, record};
use crate::flush::take::Taken;
pub(crate) use crate::flush::take::refuse_while_inspecting;
use crate::intent::{Decision, Failure, Intent, ScopeId, Special};
use crate::lifecycle::{Ending, Outcome};
use crate::report::{FlushError, FlushReport, Page};
use crate::settings::SettingsRef;

/// A scope that is about to be ended.
pub(crate) enum Ends<'a> {
    /// A scope that was taken off the stack or out of its future.
    Frame(Box<Frame>),
    /// A published scope.
    Shared(&'a Arc<Shared>),
}

impl Ends<'_> {
    /// Takes the buffer, and asks the lifecycle how the scope ends.
    fn take(self, outcome: Outcome) -> Taken {
        match self {
            Ends::Frame(frame) => Taken::frame(frame, outcome),
            Ends::Shared(shared) => Taken::shared(shared, outcome),
        }
    }

    /// Flushes a plain scope; see [`plain::flush`]. For any other scope, and if something in it turns out not to be
    /// plain, returns the general flush of the rest.
    #[inline]
    pub(crate) fn start(self, outcome: Outcome) -> Result<FlushReport, Box<Flush>> {
        match self {
            Ends::Frame(frame) if plain::is_plain(&frame, outcome) => plain::flush(frame),
            Ends::Shared(shared) if let Some(frame) = plain::frame_of(shared, outcome) => {
                plain::flush(frame)
            }
            ends => Err(Box::new(Flush::prepare(ends.take(outcome)))),
        }
    }

    /// Like [`start`](Self::start), for a caller that does not use the report.
    #[inline]
    pub(crate) fn start_unseen(self, outcome: Outcome) -> Result<(), Box<Flush>> {
        match self {
            Ends::Frame(frame) if plain::is_plain(&frame, outcome) => plain::flush_unseen(frame),
            ends => ends.start(outcome).map(drop),
        }
    }
}

/// Ends a scope as its lifecycle decides for this outcome, without awaiting, for a caller that does not use the
/// report.
#[inline]
pub(crate) fn end(scope: Ends<'_>, outcome: Outcome) -> Result<(), FlushError> {
    match scope.start_unseen(outcome) {
        Ok(()) => Ok(()),
        Err(flush) => flush.run().map(drop),
    }
}

/// Like [`end`], and awaits async effects.
pub(crate) async fn end_async(scope: Ends<'_>, outcome: Outcome) -> Result<(), FlushError> {
    match scope.start_unseen(outcome) {
        Ok(()) => Ok(()),
        Err(flush) => flush.run_async().await.map(drop),
    }
}

/// Like [`end`], and returns the report.
pub(crate) fn finish(scope: Ends<'_>, outcome: Outcome) -> Result<FlushReport, FlushError> {
    match scope.start(outcome) {
        Ok(report) => Ok(report.with_origins()),
        Err(flush) => flush.run(),
    }
}

/// Ends a scope in this way, whatever its lifecycle returns, without awaiting.
pub(crate) fn finish_as(
    scope: Ends<'_>,
    outcome: Outcome,
    ending: Ending,
) -> Result<FlushReport, FlushError> {
    Box::new(Flush::prepare(scope.take(outcome).ends(ending))).run()
}

/// Like [`finish`], and awaits async effects.
pub(crate) async fn finish_async(
    scope: Ends<'_>,
    outcome: Outcome,
) -> Result<FlushReport, FlushError> {
    match scope.start(outcome) {
        Ok(report) => Ok(report.with_origins()),
        Err(flush) => flush.run_async().await,
    }
}

/// Like [`finish_as`], and awaits async effects.
pub(crate) async fn finish_async_as(
    scope: Ends<'_>,
    outcome: Outcome,
    ending: Ending,
) -> Result<FlushReport, FlushError> {
    let taken = scope.take(outcome).ends(ending);
    Box::new(Flush::prepare(taken)).run_async().await
}

/// Makes the flush that refuses to end a scope by code that is in it (R7): it hands everything back.
pub(crate) fn refused(scope: &Arc<Shared>) -> Box<Flush> {
    let mut taken = Taken::shared(scope, Outcome::Failure);
    let intents = std::mem::take(&mut taken.intents);
    let mut flush = Flush::new(Terms::from_head(taken.head()), intents);
    flush.scope = Scope::Taken(taken);
    flush.is_refused = true;
    let failure = Arc::new(Failure::StillEntered);
    for intent in &mut flush.intents {
        intent.info.decide(Decision::Failed(failure.clone()));
    }
    Box::new(flush)
}

/// Ends a scope up to the dispatch.
pub(crate) fn release(scope: Ends<'_>, outcome: Outcome) -> Box<Flush> {
    Box::new(Flush::prepare(scope.take(outcome)))
}

/// Like [`end`], up to the first intent that has to be awaited or handed over. Returns the rest.
#[inline]
pub(crate) fn end_ready(
    scope: Ends<'_>,
    outcome: Outcome,
) -> Result<Option<Box<Flush>>, FlushError> {
    match scope.start_unseen(outcome) {
        Ok(()) => Ok(None),
        Err(flush) => flush.run_ready(),
    }
}

/// A flush under way: intents, each routed to its executor.
pub(crate) struct Flush {
    scope: Scope,
    terms: Terms,
    /// Report entries of intents that are done already, from before `intents`.
    page: Page,
    /// The scope's own intents, then those that effects enqueued while they were performed.
    intents: Vec<Intent>,
    /// The number of entries in `page` and intents in `intents` that are the scope's own.
    own: usize,
    routes: Routes,
    /// `true` if the dispatch of the scope's own intents has begun.
    begun: bool,
    /// Cascades that are not dispatched yet, the innermost last.
    unfinished: Vec<std::ops::Range<usize>>,
    /// `true` if a failure has stopped the flush.
    stopped: bool,
    /// `true` if the flush was refused because it was requested by code in the scope.
    is_refused: bool,
    /// `true` if it may wait for retries. `false` for the scope of a dropped future, for which nobody waits.
    may_wait: bool,
    /// The positions of the unit whose attempt has begun and not ended.
    under_way: Vec<u32>,
    /// Shared with the deliveries that this flush hands over.
    performer: Option<Arc<delivery::Performing>>,
    /// Gets back the intents of deliveries that are dropped undecided.
    returns: Option<Arc<Returns>>,
    /// The scopes that captured something, with their names.
    captors: Vec<(ScopeId, Cow<'static, str>)>,
    /// `true` if it performs a stored intent. Its worker decides about retries then, and logs failures.
    is_stored: bool,
    /// The timeout of async effects that declare none.
    default_timeout: Option<Duration>,
    /// Set once the report is made, so that `Drop` does not make another.
    concluded: bool,
}

/// The scope that a flush ends.
enum Scope {
    Taken(Taken),
    /// It ended before: this flush performs a delivery, or what was recorded.
    Ended,
}

impl Flush {
    /// Dispatches everything without awaiting, and makes the report.
    #[cold]
    fn run(mut self: Box<Self>) -> Result<FlushReport, FlushError> {
        self.dispatch();
        self.conclude()
    }

    /// Dispatches up to the first intent that has to be awaited or handed over. Returns the rest.
    #[cold]
    fn run_ready(mut self: Box<Self>) -> Result<Option<Box<Self>>, FlushError> {
        self.dispatch_ready();
        match self.is_finished() {
            true => self.conclude().map(|_| None),
            false => Ok(Some(self)),
        }
    }

    /// Dispatches everything, and makes the report. Boxed, so that the future of a plain scope stays small.
    pub(crate) fn run_async(
        mut self: Box<Self>,
    ) -> BoxFuture<'static, Result<FlushReport, FlushError>> {
        Box::pin(async move {
            self.dispatch_async().await;
            self.conclude()
        })
    }

    /// Runs the stages 2 to 7.
    fn prepare(taken: Taken) -> Self {
        let mut released = release::release(select::select(taken));
        let mut terms = Terms::from_head(released.scope.head());
        terms.judges_from = released.judges_from;
        let intents = std::mem::take(&mut released.scope.intents);
        let may_wait = released.scope.outcome != Outcome::Cancelled;
        let (special, exempt) = (released.scope.special, released.scope.head().is_exempt());
        let mut flush = Self::new(terms, intents);
        flush.own += released.page.entries.len();
        flush.page = released.page;
        flush.captors = released.captors;
        flush.stopped = released.failed && flush.terms.mode == FailureMode::Stop;
        flush.scope = Scope::Taken(released.scope);
        flush.may_wait = may_wait;
        if !flush.intents.is_empty() {
            flush.admit(0, None, special, exempt);
        }
        flush
    }

    /// Makes a flush of intents that are not routed yet.
    fn new(terms: Terms, intents: Vec<Intent>) -> Self {
        Self {
            scope: Scope::Ended,
            terms,
            page: Page::new(),
            own: intents.len(),
            intents,
            routes: Routes::default(),
            begun: false,
            unfinished: Vec::new(),
            stopped: false,
            is_refused: false,
            may_wait: true,
            under_way: Vec::new(),
            performer: None,
            returns: None,
            captors: Vec::new(),
            is_stored: false,
            default_timeout: None,
            concluded: false,
        }
    }

    /// Makes the flush of a delivery: intents that were judged before, all for one executor.
    fn of_delivery(
        terms: Terms,
        executor: Option<Arc<dyn Executor>>,
        mut intents: Vec<Intent>,
    ) -> Self {
        for intent in &mut intents {
            intent.info.set_pending();
        }
        let mut flush = Self::new(terms, intents);
        flush.routes = Routes::only(executor);
        let all: Vec<u32> = (0..flush.intents.len() as u32).collect();
        flush.routes.one_unit(&flush.intents, all);
        flush
    }

    /// Runs the stages 4 to 7 for the intents from `start` on: those of the scope, or those that an effect enqueued
    /// in `around`.
    fn admit(&mut self, start: usize, around: Option<&Around>, special: Special, exempt: bool) {
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
        // After the policies, so that no policy drops the one intent that is kept for others.
        let limit = self.terms.settings.depth_limit;
        let limited = limit::limit_depth(coalesce::coalesce(judged), limit);
        self.stopped |= self.routes.add(limited, start);
    }

    /// Returns whether nothing is left to dispatch.
    pub(crate) fn is_finished(&self) -> bool {
        self.stopped || !self.intents.iter().any(|intent| intent.info.is_pending())
    }

    /// Discards what is not dispatched yet.
    pub(crate) fn discard(&mut self) {
        for intent in &mut self.intents {
            if intent.info.is_pending() {
                intent.info.decide(Decision::Discarded);
            }
        }
    }

    fn settings(&self) -> &SettingsRef {
        &self.terms.settings
    }
}
