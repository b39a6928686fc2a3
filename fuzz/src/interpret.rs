//! Interprets steps without awaiting, as closures and effects do.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use airlock::lifecycle::Outcome;
use airlock::scope::{LocalPolicy, OpenScope, PolicyGuard};
use airlock::{FailureMode, FlushError, ScopeBuilder};

use crate::effects::enqueue;
use crate::executors::{executor, lifecycle, policy};
use crate::interpret_async;
use crate::program::{End, Enqueue, Form, Rule, Scope, Step};
use crate::stopping::dispatched_after_a_failure;
use crate::world::{ErrorSource, Planned, World, planned_panic};

/// Follows the steps. A panic of the program propagates.
pub(crate) fn steps(world: &World, all: &[Step]) {
    let mut in_drop = Vec::new();
    for step in all {
        match step {
            Step::EnqueueInDrop(enqueue) => in_drop.push(InDrop(world, enqueue)),
            _ => follow(world, step),
        }
    }
}

/// A guard that enqueues when it is dropped.
pub(crate) struct InDrop<'a>(pub(crate) &'a World, pub(crate) &'a Enqueue);

impl Drop for InDrop<'_> {
    fn drop(&mut self) {
        // As in any destructor, a panic of a policy could abort the process here.
        let _ = catch_unwind(AssertUnwindSafe(|| enqueue(self.0, self.1)));
    }
}

fn follow(world: &World, step: &Step) {
    match step {
        Step::Enqueue(it) | Step::EnqueueInDrop(it) => enqueue(world, it),
        Step::Scope(it) => scope(world, it),
        Step::Crossed(outer, inner) => crossed(world, outer, inner),
        Step::Local(rule, form, body) => local(*rule, *form, || steps(world, body)),
        Step::Thread(body) => on_thread(world, body),
        Step::KeepHandle => keep_handle(world),
        Step::UseHandle(body) => match world.last_handle() {
            Some(handle) => handle.enter(|| steps(world, body)),
            None => steps(world, body),
        },
        Step::Yield(_) => {}
        Step::Join(a, b) => {
            steps(world, a);
            steps(world, b);
        }
        Step::Cancel(polls, body) => _ = poll(*polls, interpret_async::steps(world, body)),
        Step::Panic => planned_panic(),
    }
}

pub(crate) fn keep_handle(world: &World) {
    if let Some(scope) = airlock::current() {
        world.keep_handle(scope);
    }
}

pub(crate) fn on_thread(world: &World, body: &[Step]) {
    let Some(handle) = airlock::current() else {
        return;
    };
    let work = || handle.enter(|| steps(world, body));
    let ended = std::thread::scope(|scope| scope.spawn(work).join());
    if let Err(panic) = ended {
        resume_unwind(panic);
    }
}

fn local(rule: Rule, form: Form, work: impl FnOnce()) {
    let local = airlock::policy(policy(rule));
    match form {
        Form::Closure | Form::Future => local.run(work),
        Form::Guard => {
            let _guard = local.enter();
            work();
        }
        Form::ByHand | Form::Released | Form::Body => {
            let mut guard = airlock::policy(policy(Rule::Allow)).enter();
            replace(&mut guard, local);
            work();
        }
    }
}

/// Replaces a guard. The new policy is entered before the old one is exited.
pub(crate) fn replace(guard: &mut PolicyGuard, local: LocalPolicy) {
    *guard = local.enter();
}

/// The reason why a body returns an error.
#[derive(Debug)]
pub(crate) enum Stop {
    Planned,
    Flush(FlushError),
}

impl From<FlushError> for Stop {
    fn from(error: FlushError) -> Self {
        Self::Flush(error)
    }
}

pub(crate) fn builder(world: &World, scope: &Scope) -> ScopeBuilder {
    let mut builder = airlock::scope();
    if let Some(way) = &scope.executor {
        builder = builder.executor(executor(world, way));
    }
    if let Some(rule) = scope.policy {
        builder = builder.policy(policy(rule));
    }
    if let Some(life) = scope.lifecycle {
        builder = builder.lifecycle(lifecycle(life));
    }
    let mode = scope.mode.unwrap_or(world.mode());
    if scope.mode.is_some() {
        builder = builder.failure_mode(mode);
    }
    if mode == FailureMode::Stop {
        builder = stops(builder, world);
    }
    builder
}

fn stops(builder: ScopeBuilder, world: &World) -> ScopeBuilder {
    let world = world.clone();
    builder.on_report(move |report| {
        if let Some(entry) = dispatched_after_a_failure(report) {
            world.fault(
                "a flush continued after a failure in the failure mode `Stop`",
                format!("{entry:?}"),
            );
        }
    })
}

fn scope(world: &World, scope: &Scope) {
    let ended = catch_unwind(AssertUnwindSafe(|| run_scope(world, scope)));
    conclude(world, scope, ended);
}

/// Handles the result of a scope. A planned panic ends here.
pub(crate) fn conclude(world: &World, scope: &Scope, ended: std::thread::Result<Result<(), Stop>>) {
    match ended {
        Ok(Ok(()) | Err(Stop::Planned)) => {}
        Ok(Err(Stop::Flush(error))) => {
            let returned = world.error(error, ErrorSource::Returned);
            if scope.again {
                enqueue_again(world, returned);
            }
        }
        Err(panic) => took_panic(world, &*panic),
    }
}

/// Reports a panic that the program did not plan as a fault.
pub(crate) fn took_panic(world: &World, panic: &(dyn std::any::Any + Send)) {
    if panic.is::<Planned>() {
        return;
    }
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    world.fault("airlock panicked", text.unwrap_or_default());
}

fn enqueue_again(world: &World, intents: Vec<airlock::Intent>) {
    for intent in intents {
        let Some(number) = world.number_of(intent.id()) else {
            continue; // Already recorded as a fault.
        };
        if let Ok(id) = airlock::try_enqueue(intent) {
            world.accepted(id, number);
        }
    }
}

fn run_scope(world: &World, scope: &Scope) -> Result<(), Stop> {
    let builder = builder(world, scope);
    let body = || steps(world, &scope.body);
    match scope.form {
        Form::Closure | Form::Future => builder.run(|_| {
            body();
            planned(scope.end)
        }),
        Form::Guard => {
            let guard = builder.enter();
            body();
            match scope.end {
                End::Ok => _ = guard.flush()?,
                End::Err => _ = guard.discard(),
                End::Drop => drop(guard),
            }
            Ok(())
        }
        Form::ByHand => {
            let open = builder.open();
            open.enter(body);
            end(open, scope.end)
        }
        Form::Released | Form::Body => {
            let mut open = builder.open_owned();
            if scope.form == Form::Body {
                open.release_within();
            }
            open.run(body);
            let mut released = open.release(outcome(scope.end));
            if scope.end == End::Drop {
                released.dispatch_ready();
            } else {
                released.dispatch()?;
            }
            Ok(())
        }
    }
}

pub(crate) fn planned(end: End) -> Result<(), Stop> {
    match end {
        End::Ok => Ok(()),
        End::Err | End::Drop => Err(Stop::Planned),
    }
}

pub(crate) fn outcome(end: End) -> Outcome {
    match end {
        End::Ok | End::Drop => Outcome::Success,
        End::Err => Outcome::Failure,
    }
}

fn end(open: OpenScope, end: End) -> Result<(), Stop> {
    match end {
        End::Ok => _ = open.flush()?,
        End::Err => _ = open.end(Outcome::Failure)?,
        End::Drop => drop(open),
    }
    Ok(())
}

fn crossed(world: &World, outer: &Scope, inner: &Scope) {
    let first = builder(world, outer).enter();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        steps(world, &outer.body);
        let second = builder(world, inner).enter();
        let between = catch_unwind(AssertUnwindSafe(|| steps(world, &inner.body)));
        let outer_ended = first.flush().map(drop).map_err(Stop::from);
        conclude(world, outer, Ok(outer_ended));
        if let Err(panic) = between {
            resume_unwind(panic);
        }
        second.flush().map(drop).map_err(Stop::from)
    }));
    conclude(world, inner, ended);
}

/// Polls a future until it is ready or has been pending more than this many times, then drops it.
pub(crate) fn poll<T>(polls: u8, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..=polls {
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(value) = polled {
            return Some(value);
        }
    }
    None
}
