//! Attempts to perform a unit, each in its own scope, and the cascades that they cause (R13).
//!
//! A unit that is awaited is noted as under way before it begins. Its fate is written once, by the code that knows
//! how the attempt ended. If the attempt was cut short, the code that notices this writes it ([`Flush::cut_short`]).

use std::future::poll_fn;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::context::{Around, Carried, Frame, OnStage, Place, Stage, recycle};
use crate::effect::{BoxError, BoxFuture, Payload, Performing};
use crate::executor::{Part, Positions, Timer};
use crate::flush::Flush;
use crate::flush::dispatch::Unit;
use crate::intent::{Decision, Failure, Intent, Special, Stored};
use crate::settings::Settings;
use crate::unwind::{Panicked, catch, catch_unwind_async};

impl Flush {
    /// Returns whether a unit can be performed without awaiting. Its cascade may still have to be awaited.
    pub(super) fn is_ready(&self, unit: &Unit) -> bool {
        let intent = &self.intents[unit.first];
        !intent.needs_await() && intent.effect().retry().is_none()
    }

    /// Fast path: performs plain intents of simple effects in a row, up to the first one that is not plain, fails or
    /// causes something. Returns the range of its cascade, if it has one.
    pub(super) fn perform_plain_ones(&mut self, part: &mut Part) -> Option<Range<usize>> {
        let Positions::Range(range) = &part.positions else {
            return None;
        };
        let range = part.cursor.max(range.start)..range.end;
        let is_open = !self.stopped && self.under_way.is_empty();
        // With several executors, some intents of the range belong to others. Observers and spans need the
        // bookkeeping of the general path.
        if !is_open || !self.routes.is_one() || self.settings().observer.is_some() || is_traced() {
            return None;
        }
        // Cloned, so that the attempt does not borrow `self`: `finish_plain` needs it mutably.
        let settings = self.terms.settings.clone();
        let mut stage = None;
        for position in range.clone() {
            let intent = &mut self.intents[position];
            if !intent.info.is_pending() {
                continue;
            }
            part.cursor = position;
            if !intent.is_plain() || !intent.effect().simple {
                return None;
            }
            let stage = match &stage {
                Some(stage) => stage,
                None => stage.insert(OnStage::enter(Some(self.terms.plain_stage()))),
            };
            let known = (intent.info.effect, intent.info.id, intent.info.location);
            let payload = &mut intent.payload;
            // The raw `catch_unwind`: turning a panic into a message is left to the cold path.
            let (ended, scope) = stage.perform(known, || {
                catch_unwind(AssertUnwindSafe(|| payload.perform(&settings.resources)))
            });
            if let (Ok(Performing::Ready(Ok(()))), None) = (&ended, &scope) {
                intent.info.set_dispatched();
                continue;
            }
            return self.finish_plain(position, ended.map_err(Panicked::new), scope);
        }
        part.cursor = range.end;
        None
    }

    /// Records how a plain effect ended that failed or has a cascade.
    #[cold]
    fn finish_plain(
        &mut self,
        position: usize,
        ended: Result<Performing<'_>, Panicked>,
        scope: Option<Box<Frame>>,
    ) -> Option<Range<usize>> {
        let unit = Unit {
            first: position,
            rest: Vec::new(),
        };
        match result_of(ended) {
            Ok(()) => {
                self.succeed(&unit);
                scope.and_then(|scope| self.admit_cascade(scope))
            }
            Err(failure) => {
                self.discard_cascade(scope);
                self.fail(&unit, failure);
                None
            }
        }
    }

    /// Performs one unit without awaiting. Returns the range of its cascade, if it has one.
    ///
    /// `stage` is reused by the next plain unit.
    pub(super) fn perform_unit(
        &mut self,
        unit: &Unit,
        stage: &mut Option<OnStage>,
    ) -> Option<Range<usize>> {
        if self.intents[unit.first].needs_await() {
            self.fail(unit, Failure::NeedsAwait);
            return None;
        }
        let mut attempt = 1;
        loop {
            let (result, scope) = self.attempt(unit, attempt, stage);
            match result {
                Ok(()) => {
                    self.succeed(unit);
                    return scope.and_then(|scope| {
                        *stage = None; // Policies run outside of the effect.
                        self.admit_cascade(scope)
                    });
                }
                Err(failure) => {
                    *stage = None;
                    self.discard_cascade(scope);
                    let Some(delay) = self.delay_after(unit, attempt, &failure) else {
                        self.fail(unit, failure);
                        return None;
                    };
                    let timer = self.terms.settings.timer.clone();
                    if let Err(Panicked { message }) = catch(|| timer.wait(delay)) {
                        self.fail(unit, Failure::TimerPanicked { message });
                        return None;
                    }
                    attempt += 1;
                }
            }
        }
    }

    /// Performs one unit and awaits it. Returns the range of its cascade, if it has one.
    pub(super) async fn perform_unit_async(&mut self, unit: &Unit) -> Option<Range<usize>> {
        let mut attempt = 1;
        loop {
            // Before the first await: if this future is dropped there, the unit under way is known.
            self.under_way = unit.positions().map(|position| position as u32).collect();
            // Cloned, since the body borrows the resources while the attempt borrows the flush.
            let settings = self.terms.settings.clone();
            let (result, scope) = self.attempt_async(unit, attempt, &settings).await;
            self.under_way.clear();
            match result {
                Ok(()) => {
                    self.succeed(unit);
                    return scope.and_then(|scope| self.admit_cascade(scope));
                }
                Err(failure) => {
                    self.discard_cascade(scope);
                    let Some(delay) = self.delay_after(unit, attempt, &failure) else {
                        self.fail(unit, failure);
                        return None;
                    };
                    // A flush that is dropped while it waits interrupts this unit, too.
                    self.under_way = unit.positions().map(|position| position as u32).collect();
                    let slept = sleep(&settings.timer, delay).await;
                    self.under_way.clear();
                    if let Err(failure) = slept {
                        self.fail(unit, failure);
                        return None;
                    }
                    attempt += 1;
                }
            }
        }
    }

    /// Runs a sync body once.
    fn attempt(
        &mut self,
        unit: &Unit,
        attempt: u32,
        stage: &mut Option<OnStage>,
    ) -> (Result<(), Failure>, Option<Box<Frame>>) {
        let intent = &self.intents[unit.first];
        // A stage is reused for plain intents only: others have their own place, cause or span.
        let plain = attempt == 1 && unit.rest.is_empty() && intent.info.is_plain() && !is_traced();
        if !plain {
            *stage = None;
        }
        let mut span = None;
        let on_stage = match stage {
            Some(on_stage) => on_stage,
            None => {
                let new = Box::new(self.stage(unit, attempt));
                span.clone_from(&new.span);
                stage.insert(OnStage::enter(Some(new)))
            }
        };
        let _span = span.as_ref().map(|span| span.enter());
        let data = &self.intents[unit.first].info;
        let known = (data.effect, data.id, data.location);
        let (intents, settings) = (&mut self.intents, &self.terms.settings);
        let (ended, scope) = on_stage.perform(known, || catch(|| start(intents, unit, settings)));
        if !plain {
            *stage = None;
        }
        (result_of(ended), scope)
    }

    /// Runs an async body once. If the future is dropped, the intents that the body enqueued are discarded.
    async fn attempt_async(
        &mut self,
        unit: &Unit,
        attempt: u32,
        settings: &Settings,
    ) -> (Result<(), Failure>, Option<Box<Frame>>) {
        let frame = self
            .stage(unit, attempt)
            .frame(&self.intents[unit.first].info);
        let mut scope = Carried::traced(frame);
        // Starting runs user code: the clone of the arguments, and the whole body of a sync effect.
        let body = scope.run(|| catch(|| start(&mut self.intents, unit, settings)));
        let body = match body {
            Ok(Performing::Ready(result)) => {
                return (result.map_err(Failure::from_effect), scope.take());
            }
            Err(Panicked { message }) => return (Err(Failure::Panicked { message }), scope.take()),
            Ok(Performing::Pending(body)) => body,
        };
        let intent = &self.intents[unit.first];
        let timeout = intent.effect().timeout().or(self.default_timeout);
        let body = match &settings.observer {
            Some(observer) => observer.clone().observe(intent, body),
            None => body,
        };
        let mut awaited = Awaited {
            flush: self,
            body: Some(body),
            scope,
        };
        let result = awaited.run(timeout, settings).await;
        (result, awaited.scope.take())
    }

    /// Makes the stage on which a unit is performed.
    fn stage(&self, unit: &Unit, attempt: u32) -> Stage {
        let intent = &self.intents[unit.first];
        let mut stage = Stage {
            around: around_of(intent, &self.terms.around),
            cause: intent.info.shared_cause().cloned(),
            origin: intent.info.origin().or(self.terms.origin.as_ref()).cloned(),
            mode: self.terms.mode,
            judges_from: self.terms.judges_from,
            others: Vec::new(),
            span: is_traced().then(|| Arc::new(span_of(intent))),
            attempts_before: attempt - 1,
            stored: stored_of(intent),
        };
        if !unit.rest.is_empty() {
            self.join(unit, &mut stage);
        }
        stage
    }

    /// Adds the other intents of a batch to its stage. What the batch enqueues is judged by the policies around each of
    /// its intents and caused by all of them. It has an origin if all of them share one.
    fn join(&self, unit: &Unit, stage: &mut Stage) {
        let rest = || {
            unit.rest
                .iter()
                .map(|position| &self.intents[*position as usize])
        };
        let mut places = Vec::new();
        // Neighbours mostly have the same place, so one comparison skips most lookups.
        let mut last: Option<*const Place> = stage.around.place().map(Arc::as_ptr);
        for intent in rest() {
            let around =
                Place::from_intent(&intent.info).or_else(|| self.terms.around.place().cloned());
            if let Some(place) = around
                && last != Some(Arc::as_ptr(&place))
            {
                last = Some(Arc::as_ptr(&place));
                places.push(place);
            }
            stage
                .others
                .push((intent.id(), intent.info.shared_cause().cloned()));
        }
        stage.around = stage.around.joined_with(places.iter());
        let shared = |intent: &Intent| match (&stage.origin, intent.info.origin()) {
            (Some(one), Some(other)) => one.is(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        if !rest().all(shared) {
            stage.origin = None;
        }
    }

    /// Marks the intents of a unit as dispatched.
    pub(super) fn succeed(&mut self, unit: &Unit) {
        log_dispatched(&self.intents[unit.first]);
        for position in unit.positions() {
            self.intents[position].info.set_dispatched();
        }
    }

    /// Returns the wait before the next attempt, or `None` if there is none: the effect has no retry rule, the rule is
    /// exhausted, arguments are gone, the flush may not wait, or an engine counts the attempts.
    fn delay_after(&mut self, unit: &Unit, attempt: u32, failure: &Failure) -> Option<Duration> {
        let intent = &self.intents[unit.first];
        let rule = intent.effect().retry()?;
        let kept = unit
            .positions()
            .all(|position| self.intents[position].payload.is_present());
        if attempt >= rule.max_attempts() || !kept || !self.may_wait || self.is_stored {
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

    /// Takes the intents that an effect enqueued into the flush. Returns their range.
    pub(super) fn admit_cascade(&mut self, mut scope: Box<Frame>) -> Option<Range<usize>> {
        let (start, around) = self.take_cascade(&mut scope)?;
        recycle(scope);
        // `Special::ALL`, since these intents have a cause and a place: no stage can be skipped.
        self.admit(start, Some(&around), Special::ALL, false);
        Some(start..self.intents.len())
    }

    /// Discards the intents that a failed effect enqueued. They are in the report.
    pub(super) fn discard_cascade(&mut self, scope: Option<Box<Frame>>) {
        let Some(mut scope) = scope else { return };
        if let Some((start, _)) = self.take_cascade(&mut scope) {
            for intent in &mut self.intents[start..] {
                intent.info.decide(Decision::Discarded);
            }
        }
        recycle(scope);
    }

    /// Ends the scope of an effect and moves its intents to the end of the flush. Returns where they begin, and the
    /// places around the effect.
    fn take_cascade(&mut self, scope: &mut Frame) -> Option<(usize, Around)> {
        let around = scope.around().clone();
        let mut caused = match scope.shared() {
            Some(shared) => shared.end(),
            None => std::mem::take(&mut scope.buffer),
        };
        if caused.is_empty() {
            scope.buffer = caused;
            return None;
        }
        for intent in &mut caused {
            if intent.info.place().is_none() {
                around.remember(&mut intent.info);
            }
        }
        let start = self.intents.len();
        self.intents.append(&mut caused);
        scope.buffer = caused;
        Some((start, around))
    }
}

/// An async body that is being awaited in the scope of its effect. Its drop discards the body and its cascade.
struct Awaited<'a, 'r> {
    flush: &'a mut Flush,
    body: Option<BoxFuture<'r, Result<(), BoxError>>>,
    /// Taken after the body has ended.
    scope: Carried,
}

impl Awaited<'_, '_> {
    /// Awaits the body, with a time limit if it has one.
    async fn run(&mut self, timeout: Option<Duration>, settings: &Settings) -> Result<(), Failure> {
        let timer = timeout.map(|limit| catch(|| (settings.timer.timeout(limit), limit)));
        let ended = match timer.transpose() {
            Ok(alarm) => self.await_body(alarm).await,
            Err(Panicked { message }) => Err(Failure::TimerPanicked { message }),
        };
        // Dropping a body that timed out runs its destructors, which may panic. The panic is reported then,
        // instead of the timeout.
        match (catch(|| self.drop_body()), ended) {
            (Err(dropped), Err(Failure::TimedOut { .. })) => Err(panicked(dropped)),
            (_, ended) => ended,
        }
    }

    /// Polls the body until it ends or the alarm fires.
    async fn await_body(
        &mut self,
        mut alarm: Option<(BoxFuture<'static, ()>, Duration)>,
    ) -> Result<(), Failure> {
        poll_fn(|cx| {
            // The body first: one that finishes together with the alarm has succeeded.
            match catch(|| self.poll_body(cx)) {
                Ok(Poll::Ready(result)) => {
                    return Poll::Ready(result.map_err(Failure::from_effect));
                }
                Ok(Poll::Pending) => {}
                Err(message) => return Poll::Ready(Err(panicked(message))),
            }
            let Some((timer, limit)) = &mut alarm else {
                return Poll::Pending;
            };
            match catch(|| timer.as_mut().poll(cx)) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(())) => Poll::Ready(Err(Failure::TimedOut { limit: *limit })),
                Err(Panicked { message }) => Poll::Ready(Err(Failure::TimerPanicked { message })),
            }
        })
        .await
    }

    /// Polls the body once, in its scope.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let Self { body, scope, .. } = self;
        scope.run(|| {
            let Some(running) = body else {
                return Poll::Pending;
            };
            let result = ready!(running.as_mut().poll(cx));
            // Dropped in the scope: what its destructors enqueue belongs to the effect.
            *body = None;
            Poll::Ready(result)
        })
    }

    /// Drops the body, unless it has ended. What its destructors enqueue is refused.
    fn drop_body(&mut self) {
        let Self { body, scope, .. } = self;
        if body.is_some() {
            scope.close();
            scope.run(|| *body = None);
        }
    }
}

impl Drop for Awaited<'_, '_> {
    fn drop(&mut self) {
        // `drop` may run while the thread unwinds, where a second panic would abort.
        let _ = catch(|| self.drop_body());
        let scope = self.scope.take();
        self.flush.discard_cascade(scope);
    }
}

/// Returns the result of a body that must not be awaited.
fn result_of(ended: Result<Performing<'_>, Panicked>) -> Result<(), Failure> {
    match ended {
        Ok(Performing::Ready(result)) => result.map_err(Failure::from_effect),
        Ok(Performing::Pending(_)) => Err(Failure::NeedsAwait),
        Err(panic) => Err(panicked(panic)),
    }
}

fn panicked(Panicked { message }: Panicked) -> Failure {
    Failure::Panicked { message }
}

/// Sleeps, and turns a panic of the timer into a failure.
async fn sleep(timer: &Arc<dyn Timer>, delay: Duration) -> Result<(), Failure> {
    // The timer may panic in the call, too, as tokio's does outside a runtime.
    let slept = match catch(|| timer.sleep(delay)) {
        Ok(sleep) => catch_unwind_async(sleep).await.map_err(Panicked::new),
        Err(panicked) => Err(panicked),
    };
    slept.map_err(|Panicked { message }| Failure::TimerPanicked { message })
}

fn is_traced() -> bool {
    tracing::level_enabled!(tracing::Level::DEBUG)
}

/// Makes the span in which an effect is performed.
fn span_of(intent: &Intent) -> tracing::Span {
    tracing::debug_span!(
        target: "airlock",
        "perform",
        effect = intent.effect().id(),
        intent = intent.id().get(),
    )
}

/// Returns the stored data of an intent. For one that was not stored but has headers, makes such data, so that its
/// body can read them in the same way.
fn stored_of(intent: &Intent) -> Option<Arc<Stored>> {
    let stored = intent.info.shared_stored();
    stored.cloned().or_else(|| {
        let headers = &intent.info.options()?.headers;
        (!headers.is_empty()).then(|| {
            let mut stored = Stored::new(intent.info.id.uuid());
            stored.headers.clone_from(headers);
            Arc::new(stored)
        })
    })
}

/// Returns the places around the scope of an intent's effect.
fn around_of(intent: &Intent, dispatched_in: &Around) -> Around {
    match Place::from_intent(&intent.info) {
        Some(place) => Around::Within(place),
        None => dispatched_in.clone(),
    }
}

fn log_dispatched(intent: &Intent) {
    tracing::debug!(
        target: "airlock",
        effect = intent.effect().id(),
        intent = intent.id().get(),
        "dispatched",
    );
}

/// Starts the body, and tells the observer. A sync body has run when this returns.
fn start<'r>(intents: &mut [Intent], unit: &Unit, settings: &'r Settings) -> Performing<'r> {
    let Some(observer) = &settings.observer else {
        return start_unobserved(intents, unit, settings);
    };
    observer.begins(&intents[unit.first]);
    let started = start_unobserved(intents, unit, settings);
    if let Performing::Ready(Ok(())) = &started {
        observer.ended(&intents[unit.first]);
    }
    started
}

/// Starts the body of a unit.
fn start_unobserved<'r>(
    intents: &mut [Intent],
    unit: &Unit,
    settings: &'r Settings,
) -> Performing<'r> {
    let resources = &settings.resources;
    if unit.rest.is_empty() {
        return intents[unit.first].payload.perform(resources);
    }
    // Splits the slice step by step: the borrow checker cannot see that positions of a unit are distinct.
    let (before, mut after) = intents.split_at_mut(unit.first + 1);
    let mut passed = unit.first + 1;
    let mut rest: Vec<&mut Payload> = Vec::with_capacity(unit.rest.len());
    for position in &unit.rest {
        let position = *position as usize;
        let (to, beyond) = after.split_at_mut(position + 1 - passed);
        passed = position + 1;
        after = beyond;
        if let Some(intent) = to.last_mut() {
            rest.push(&mut intent.payload);
        }
    }
    before[unit.first]
        .payload
        .perform_batch(&mut rest, resources)
}
