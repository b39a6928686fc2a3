//! Performing effects: each in a scope of its own, with attempts, and with what it causes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::airlock::Settings;
use crate::context::{self, Bound, Frame, Node, Stage, scope_of};
use crate::effect::{BoxFuture, Performing};
use crate::executor::timer::{Elapsed, within};
use crate::flush::FailureMode;
use crate::flush::batch::Unit;
use crate::flush::error::{Failure, panic_message};
use crate::flush::report::{Fate, ReportEntry};
use crate::flush::run::Flush;
use crate::intent::Intent;
use crate::lifecycle::{Ending, Outcome};
use crate::payload::Payload;
use crate::resources::Resources;
use crate::scope::{ScopeCore, catch_unwind_async};

impl Flush {
    /// Performs one unit without awaiting.
    pub(super) fn perform_unit(&mut self, unit: &Unit, stage: &mut Option<Stage>) {
        if self.intents[unit.first].needs_await() {
            self.fail(unit, Failure::NeedsAwait);
            return;
        }
        let mut attempt = 1;
        loop {
            let Attempted { result, scope } = self.attempt(unit, stage);
            match result {
                Ok(()) => {
                    self.succeed(unit);
                    *stage = None; // Policies and hooks run outside of the effect.
                    if let Some(cascade) = scope.and_then(|scope| cascade(&scope)) {
                        self.follow(cascade);
                    }
                    return;
                }
                Err(failure) => {
                    *stage = None;
                    self.discard_cascade(scope.as_ref());
                    let Some(delay) = self.delay_after(unit, attempt, &failure) else {
                        self.fail(unit, failure);
                        return;
                    };
                    self.settings.timer.wait(delay);
                    attempt += 1;
                }
            }
        }
    }

    /// Whether it can be performed without awaiting, except for what it causes.
    pub(super) fn is_ready(&self, unit: &Unit) -> bool {
        let effect = self.intents[unit.first].effect();
        !effect.is_async() && effect.retry().is_none()
    }

    /// Performs a unit that [is ready](Self::is_ready). Gives the flush of what it caused, if it
    /// caused something.
    pub(super) fn perform_ready(
        &mut self,
        unit: &Unit,
        stage: &mut Option<Stage>,
    ) -> Option<Flush> {
        let attempted = self.attempt(unit, stage);
        self.settle(unit, attempted, stage)
    }

    /// Notes what became of an attempt that is the last one.
    pub(super) fn settle(
        &mut self,
        unit: &Unit,
        attempted: Attempted,
        stage: &mut Option<Stage>,
    ) -> Option<Flush> {
        let Attempted { result, scope } = attempted;
        match result {
            Ok(()) => {
                self.succeed(unit);
                scope.and_then(|scope| cascade(&scope))
            }
            Err(failure) => {
                *stage = None;
                self.discard_cascade(scope.as_ref());
                self.fail(unit, failure);
                None
            }
        }
    }

    /// Performs simple effects as the default executor would, in the same pass in which they are
    /// entered into the report, so that memory is touched once. Stops at the first that is not simple
    /// or did not just succeed; it and all behind it are left. Gives what that one caused.
    ///
    /// Only for a flush without anything special, in which all stand under its own node.
    pub(super) fn perform_simple_ones(&mut self) -> Option<Flush> {
        let stage = Stage::under(&self.node);
        let traced = tracing::level_enabled!(tracing::Level::DEBUG);
        let mut intents = std::mem::take(&mut self.intents);
        self.done.reserve_exact(intents.len());
        let (mut caused, mut failed) = (None, None);
        for intent in &mut intents {
            if !intent.is_pending() {
                self.done.push(ReportEntry::of(intent));
                continue;
            }
            if !intent.facts.effect.simple {
                break;
            }
            let frame = Frame::of(intent, self.mode, self.judged_to);
            let _span = traced.then(|| frame.span().entered());
            let (payload, origin) = (&mut intent.payload, intent.facts.origin.as_ref());
            let resources = &self.settings.resources;
            let (ended, scope) = stage.perform(frame, None, origin, || {
                catch_unwind(AssertUnwindSafe(|| payload.perform(resources)))
            });
            if let Ok(Performing::Ready(Ok(()))) = ended {
                if traced {
                    log_dispatched(intent);
                }
                self.done.push(ReportEntry::dispatched(intent));
                if let Some(scope) = scope {
                    caused = cascade(&scope);
                    break;
                }
            } else {
                failed = Some(Attempted::of((ended, scope)));
                break;
            }
        }
        drop(stage);
        if self.done.len() == intents.len() {
            intents.clear();
            context::return_buffer(intents);
        } else {
            intents.drain(..self.done.len());
            self.intents = intents;
        }
        match failed {
            Some(attempted) => self.settle(&Unit::of(0), attempted, &mut None),
            None => caused,
        }
    }

    /// Dispatches what an effect caused.
    pub(super) fn follow(&mut self, mut cascade: Flush) {
        cascade.dispatch();
        self.merge(cascade);
    }

    /// Dispatches what an effect caused. Boxed, since it comes back to where it is called.
    pub(super) fn follow_async(&mut self, cascade: Flush) -> BoxFuture<'_, ()> {
        let mut following = Following {
            flush: self,
            cascade: Some(cascade),
        };
        Box::pin(async move {
            if let Some(cascade) = &mut following.cascade {
                cascade.dispatch_async().await;
            }
        })
    }

    /// Performs one unit, awaiting it. Boxed, since a cascade comes back here.
    pub(super) fn perform_unit_async<'a>(&'a mut self, unit: &'a Unit) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut attempt = 1;
            loop {
                let intent = &self.intents[unit.first];
                let under = intent.facts.node().unwrap_or(&self.node);
                let frame = Frame::of(intent, self.mode, self.judged_to);
                let (cause, origin) = (intent.facts.cause().cloned(), intent.facts.origin.clone());
                let scope = scope_of(Some(under.clone()), frame, cause, origin);
                let performing = PerformingAsync { flush: self, scope };
                match performing.attempt(unit).await {
                    Ok(caused) => {
                        self.succeed(unit);
                        if let Some(cascade) = caused {
                            self.follow_async(cascade).await;
                        }
                        return;
                    }
                    Err(failure) => {
                        let Some(delay) = self.delay_after(unit, attempt, &failure) else {
                            self.fail(unit, failure);
                            return;
                        };
                        self.settings.timer.clone().sleep(delay).await;
                        attempt += 1;
                    }
                }
            }
        })
    }

    /// Runs a sync body once.
    fn attempt(&mut self, unit: &Unit, stage: &mut Option<Stage>) -> Attempted {
        let intent = &self.intents[unit.first];
        let under = intent.facts.node().unwrap_or(&self.node);
        if !stage.as_ref().is_some_and(|stage| stage.is_under(under)) {
            *stage = None;
        }
        let stage = stage.get_or_insert_with(|| Stage::under(under));
        let frame = Frame::of(intent, self.mode, self.judged_to);
        let (cause, origin) = (intent.facts.cause().cloned(), intent.facts.origin.clone());
        let _span = frame.span().entered();
        let Self {
            intents, settings, ..
        } = self;
        Attempted::of(stage.perform(frame, cause.as_ref(), origin.as_ref(), || {
            catch_unwind(AssertUnwindSafe(|| start(intents, unit, settings)))
        }))
    }

    async fn attempt_async(&mut self, unit: &Unit, scope: &Arc<Node>) -> Result<(), Failure> {
        let effect = self.intents[unit.first].effect();
        let settings = self.settings.clone();
        // Stands if the flush is cancelled while the effect is under way.
        self.set_fates(unit, &Fate::Failed(Arc::new(Failure::Interrupted)));
        let started = {
            let _swap = context::swap(Some(scope.clone()));
            let _span = scope.core().and_then(ScopeCore::enter_span);
            let intents = &mut self.intents;
            catch_unwind(AssertUnwindSafe(|| start(intents, unit, &settings)))
        };
        let panicked = |panic: Box<dyn std::any::Any + Send>| Failure::Panicked {
            message: panic_message(&*panic),
        };
        let future = match started {
            Ok(Performing::Ready(result)) => return result.map_err(Failure::Effect),
            Ok(Performing::Pending(future)) => {
                let future = match &settings.probe {
                    Some(probe) => probe.observe(&self.intents[unit.first], future),
                    None => future,
                };
                Bound::owning(scope.clone(), future)
            }
            Err(panic) => return Err(panicked(panic)),
        };
        let ended = match effect.timeout() {
            None => Ok(catch_unwind_async(future).await),
            Some(limit) => {
                within(
                    &*settings.timer,
                    limit,
                    Box::pin(catch_unwind_async(future)),
                )
                .await
            }
        };
        match ended {
            Ok(Ok(result)) => result.map_err(Failure::Effect),
            Ok(Err(panic)) => Err(panicked(panic)),
            Err(Elapsed { limit }) => Err(Failure::TimedOut { limit }),
        }
    }

    #[inline]
    fn succeed(&mut self, unit: &Unit) {
        log_dispatched(&self.intents[unit.first]);
        self.set_fates(unit, &Fate::Dispatched);
    }

    pub(super) fn fail(&mut self, unit: &Unit, failure: Failure) {
        self.set_fates(unit, &Fate::Failed(Arc::new(failure)));
        self.stopped |= self.mode == FailureMode::Stop;
    }

    #[inline]
    fn set_fates(&mut self, unit: &Unit, fate: &Fate) {
        for position in unit.positions() {
            self.intents[position].facts.fate = fate.clone();
        }
    }

    /// How long to wait before the effect is tried again, if it is.
    fn delay_after(&mut self, unit: &Unit, attempt: u32, failure: &Failure) -> Option<Duration> {
        let intent = &self.intents[unit.first];
        let rule = intent.effect().retry()?;
        let kept = unit
            .positions()
            .all(|position| self.intents[position].payload.is_present());
        if attempt >= rule.max_attempts() || !kept {
            return None;
        }
        let delay = rule.delay_after(attempt);
        tracing::warn!(
            target: "airlock",
            effect = intent.effect().id(),
            intent = intent.id().get(),
            at = %intent.location(),
            attempt,
            delay = ?delay,
            error = %failure.in_full(),
            "effect failed and will be tried again",
        );
        Some(delay)
    }

    /// An effect has failed: what it enqueued is discarded, and reported.
    fn discard_cascade(&mut self, scope: Option<&Arc<Node>>) {
        if let Some(scope) = scope {
            let cascade = Flush::prepare(scope, Outcome::Failure, Ending::Discard);
            self.merge(cascade);
        }
    }

    pub(super) fn merge(&mut self, cascade: Flush) {
        match cascade.conclude() {
            Ok(report) => self.cascades.extend(report.entries),
            Err(error) => {
                let (report, returned) = error.into_parts();
                self.cascades.extend::<Vec<ReportEntry>>(report.entries);
                self.returned.extend(returned);
                self.stopped |= self.mode == FailureMode::Stop;
            }
        }
    }
}

/// What an effect caused, while it is dispatched: cut short, it still goes into the report.
struct Following<'a> {
    flush: &'a mut Flush,
    cascade: Option<Flush>,
}

impl Drop for Following<'_> {
    fn drop(&mut self) {
        if let Some(cascade) = self.cascade.take() {
            self.flush.merge(cascade);
        }
    }
}

/// An async effect that is performed in its scope: cut short or failed, what it enqueued is discarded.
struct PerformingAsync<'a> {
    flush: &'a mut Flush,
    scope: Arc<Node>,
}

impl PerformingAsync<'_> {
    /// Gives what the effect caused.
    async fn attempt(self, unit: &Unit) -> Result<Option<Flush>, Failure> {
        self.flush.attempt_async(unit, &self.scope).await?;
        Ok(cascade(&self.scope))
    }
}

impl Drop for PerformingAsync<'_> {
    fn drop(&mut self) {
        self.flush.discard_cascade(Some(&self.scope));
    }
}

/// What became of one run of a sync body.
pub(super) struct Attempted {
    result: Result<(), Failure>,
    /// The effect's scope, if one was needed.
    scope: Option<Arc<Node>>,
}

impl Attempted {
    #[inline]
    fn of((ended, scope): (thread::Result<Performing<'_>>, Option<Arc<Node>>)) -> Self {
        let result = match ended {
            Ok(Performing::Ready(result)) => result.map_err(Failure::Effect),
            Ok(Performing::Pending(_)) => Err(Failure::NeedsAwait),
            Err(panic) => Err(Failure::Panicked {
                message: panic_message(&*panic),
            }),
        };
        Self { result, scope }
    }
}

#[inline]
fn log_dispatched(intent: &Intent) {
    tracing::debug!(
        target: "airlock",
        effect = intent.effect().id(),
        intent = intent.id().get(),
        "dispatched",
    );
}

/// The flush of what an effect enqueued, if it did. Either way its scope has ended.
fn cascade(scope: &Arc<Node>) -> Option<Flush> {
    let cascade = Flush::prepare(scope, Outcome::Success, Ending::Flush);
    if cascade.intents.is_empty() {
        cascade.forget();
        return None;
    }
    Some(cascade)
}

/// Starts the body: a sync one has run when this returns.
#[inline]
fn start<'r>(intents: &mut [Intent], unit: &Unit, settings: &'r Settings) -> Performing<'r> {
    let Some(probe) = &settings.probe else {
        return start_unobserved(intents, unit, &settings.resources);
    };
    probe.begins(&intents[unit.first]);
    let started = start_unobserved(intents, unit, &settings.resources);
    if let Performing::Ready(Ok(())) = &started {
        probe.ended(&intents[unit.first]);
    }
    started
}

#[inline]
fn start_unobserved<'r>(
    intents: &mut [Intent],
    unit: &Unit,
    resources: &'r Resources,
) -> Performing<'r> {
    if unit.rest.is_empty() {
        return intents[unit.first].payload.perform(resources);
    }
    let mut positions = unit.positions().peekable();
    let mut payloads: Vec<&mut Payload> = Vec::with_capacity(1 + unit.rest.len());
    for (position, intent) in intents.iter_mut().enumerate() {
        if positions.next_if_eq(&position).is_some() {
            payloads.push(&mut intent.payload);
        }
    }
    let rest = payloads.split_off(1);
    match payloads.pop() {
        Some(first) => first.perform_batch(rest, resources),
        None => Performing::Ready(Ok(())),
    }
}
