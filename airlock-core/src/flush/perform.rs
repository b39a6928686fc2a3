//! Performing effects: each in a scope of its own, with attempts, and with what it causes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::context::{self, Bound, Kind, Node};
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
use crate::scope::{EffectScope, Performed, Phase, ScopeCore, catch_unwind_async};

impl Flush {
    /// Performs one unit without awaiting.
    pub(super) fn perform_unit(&mut self, unit: &Unit) {
        let effect = self.intents[unit.first].effect();
        if effect.is_async() {
            self.fail(unit, Failure::NeedsAwait);
            return;
        }
        let mut attempt = 1;
        loop {
            let scope = self.effect_scope(unit.first);
            let performed = {
                let _swap = context::swap(Some(scope.clone()));
                let _span = self.perform_span(unit.first).entered();
                let resources = &self.settings.resources;
                let intents = &mut self.intents;
                match catch_unwind(AssertUnwindSafe(|| start(intents, unit, resources))) {
                    Ok(Performing::Ready(result)) => result.map_err(Failure::Effect),
                    Ok(Performing::Pending(_)) => Err(Failure::NeedsAwait),
                    Err(panic) => Err(Failure::Panicked {
                        message: panic_message(&*panic),
                    }),
                }
            };
            match performed {
                Ok(()) => {
                    self.succeed(unit);
                    if let Some(mut cascade) = self.cascade(scope) {
                        cascade.dispatch();
                        self.merge(cascade);
                    }
                    return;
                }
                Err(failure) => {
                    self.discard_cascade(&scope);
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

    /// Performs one unit, awaiting it. Boxed, since a cascade comes back here.
    pub(super) fn perform_unit_async<'a>(&'a mut self, unit: &'a Unit) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let effect = self.intents[unit.first].effect();
            if !effect.is_async() && effect.retry().is_none() {
                // Nothing to await but its cascade.
                self.perform_ready(unit).await;
                return;
            }
            let mut attempt = 1;
            loop {
                let scope = self.effect_scope(unit.first);
                let performed = self.attempt_async(unit, &scope).await;
                match performed {
                    Ok(()) => {
                        self.succeed(unit);
                        self.cascade_async(scope).await;
                        return;
                    }
                    Err(failure) => {
                        self.discard_cascade(&scope);
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

    async fn perform_ready(&mut self, unit: &Unit) {
        let scope = self.effect_scope(unit.first);
        match self.attempt_async(unit, &scope).await {
            Ok(()) => {
                self.succeed(unit);
                self.cascade_async(scope).await;
            }
            Err(failure) => {
                self.discard_cascade(&scope);
                self.fail(unit, failure);
            }
        }
    }

    async fn attempt_async(&mut self, unit: &Unit, scope: &Arc<Node>) -> Result<(), Failure> {
        let effect = self.intents[unit.first].effect();
        let settings = self.settings.clone();
        // Stands if the flush is cancelled while the effect is under way.
        self.set_fates(unit, &Fate::Failed(Arc::new(Failure::Interrupted)));
        let started = {
            let _swap = context::swap(Some(scope.clone()));
            let _span = self.perform_span(unit.first).entered();
            let intents = &mut self.intents;
            catch_unwind(AssertUnwindSafe(|| {
                start(intents, unit, &settings.resources)
            }))
        };
        let panicked = |panic: Box<dyn std::any::Any + Send>| Failure::Panicked {
            message: panic_message(&*panic),
        };
        let future = match started {
            Ok(Performing::Ready(result)) => return result.map_err(Failure::Effect),
            Ok(Performing::Pending(future)) => Bound::owning(scope.clone(), future),
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

    fn perform_span(&self, first: usize) -> tracing::Span {
        let intent = &self.intents[first];
        tracing::debug_span!(
            target: "airlock",
            "perform",
            effect = intent.effect().id(),
            intent = intent.id().get(),
        )
    }

    /// The scope in which an effect is performed. One in which nothing happened serves again.
    fn effect_scope(&mut self, first: usize) -> Arc<Node> {
        let intent = &self.intents[first];
        let parent = intent.facts.node.as_ref().unwrap_or(&self.node);
        let performed = Performed::of(intent);
        if let Some(spare) = self.spare.take()
            && spare
                .parent
                .as_ref()
                .is_some_and(|known| Arc::ptr_eq(known, parent))
            && let Some(core) = spare.core()
        {
            core.state().performing = Some(performed);
            return spare;
        }
        let mut core = ScopeCore::new();
        core.failure_mode = Some(self.mode);
        core.effect = Some(EffectScope {
            judged_to: self.judged_to,
        });
        core.state().performing = Some(performed);
        Node::new(Some(parent.clone()), Kind::Scope(Box::new(core)))
    }

    fn succeed(&mut self, unit: &Unit) {
        tracing::debug!(
            target: "airlock",
            effect = self.intents[unit.first].effect().id(),
            intent = self.intents[unit.first].id().get(),
            "dispatched",
        );
        self.set_fates(unit, &Fate::Dispatched);
    }

    pub(super) fn fail(&mut self, unit: &Unit, failure: Failure) {
        self.set_fates(unit, &Fate::Failed(Arc::new(failure)));
        self.stopped |= self.mode == FailureMode::Stop;
    }

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

    /// The flush of what an effect enqueued, if it did.
    fn cascade(&mut self, scope: Arc<Node>) -> Option<Flush> {
        let is_empty = scope
            .core()
            .is_none_or(|core| core.state().buffer.is_empty());
        if !is_empty {
            return Some(Flush::prepare(&scope, Outcome::Success, Ending::Flush));
        }
        // Another owner could enqueue later and would be taken for the next effect.
        if Arc::strong_count(&scope) == 1 {
            self.spare = Some(scope);
        } else if let Some(core) = scope.core() {
            core.state().phase = Phase::Ended;
        }
        None
    }

    async fn cascade_async(&mut self, scope: Arc<Node>) {
        if let Some(mut cascade) = self.cascade(scope) {
            cascade.dispatch_async().await;
            self.merge(cascade);
        }
    }

    /// An effect has failed: what it enqueued is discarded, and reported.
    fn discard_cascade(&mut self, scope: &Arc<Node>) {
        let cascade = Flush::prepare(scope, Outcome::Failure, Ending::Discard);
        self.merge(cascade);
    }

    fn merge(&mut self, cascade: Flush) {
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

/// Starts the body: a sync one has run when this returns.
fn start<'r>(intents: &mut [Intent], unit: &Unit, resources: &'r Resources) -> Performing<'r> {
    if unit.rest.is_empty() {
        return intents[unit.first].payload.perform(Vec::new(), resources);
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
        Some(first) => first.perform(rest, resources),
        None => Performing::Ready(Ok(())),
    }
}
