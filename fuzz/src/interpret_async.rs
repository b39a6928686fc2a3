//! Interprets steps that may await, as futures do.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::thread;

use airlock::lifecycle::Outcome;

use crate::effects::{enqueue, yields};
use crate::executors::{at_most, policy};
use crate::interpret::{
    self, InDrop, Stop, builder, conclude, keep_handle, on_thread, outcome, planned,
};
use crate::program::{End, Form, Rule, Scope, Step};
use crate::world::{World, planned_panic};

type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Follows the steps, like [`interpret::steps`].
pub(crate) fn steps<'a>(world: &'a World, all: &'a [Step]) -> Local<'a, ()> {
    Box::pin(async move {
        let mut in_drop = Vec::new();
        for step in all {
            match step {
                Step::EnqueueInDrop(enqueue) => in_drop.push(InDrop(world, enqueue)),
                _ => follow(world, step).await,
            }
        }
    })
}

async fn follow(world: &World, step: &Step) {
    match step {
        Step::Enqueue(it) | Step::EnqueueInDrop(it) => enqueue(world, it),
        Step::Scope(it) => {
            let ended = caught(run_scope(world, it)).await;
            conclude(world, it, ended);
        }
        Step::Crossed(..) => interpret::steps(world, std::slice::from_ref(step)),
        Step::Local(rule, form, body) => local(world, *rule, *form, body).await,
        Step::Thread(body) => on_thread(world, body),
        Step::KeepHandle => keep_handle(world),
        Step::UseHandle(body) => match world.last_handle() {
            Some(handle) => handle.bind(steps(world, body)).await,
            None => steps(world, body).await,
        },
        Step::Yield(polls) => yields(*polls).await,
        Step::Join(a, b) => join(steps(world, a), steps(world, b)).await,
        Step::Cancel(polls, body) => _ = at_most(*polls, steps(world, body)).await,
        Step::Panic => planned_panic(),
    }
}

async fn local(world: &World, rule: Rule, form: Form, body: &[Step]) {
    let local = airlock::policy(policy(rule));
    match form {
        Form::Closure => local.run(|| interpret::steps(world, body)),
        Form::Future => local.bind(steps(world, body)).await,
        Form::Guard => {
            let _held_across_awaits = local.enter();
            steps(world, body).await;
        }
        Form::ByHand | Form::Released | Form::Body => {
            let mut guard = airlock::policy(policy(Rule::Allow)).enter();
            interpret::replace(&mut guard, local);
            steps(world, body).await;
        }
    }
}

async fn run_scope(world: &World, scope: &Scope) -> Result<(), Stop> {
    let builder = builder(world, scope);
    let body = || steps(world, &scope.body);
    match scope.form {
        Form::Closure => builder.run(|_| {
            interpret::steps(world, &scope.body);
            planned(scope.end)
        }),
        Form::Future => {
            let work = async |_| {
                body().await;
                planned(scope.end)
            };
            builder.run_async(work).await
        }
        Form::Guard => {
            let guard = builder.enter();
            body().await;
            match scope.end {
                End::Ok => _ = guard.exit().flush_async().await?,
                End::Err => _ = guard.discard(),
                End::Drop => drop(guard),
            }
            Ok(())
        }
        Form::ByHand => {
            let open = builder.open();
            open.bind(body()).await;
            match scope.end {
                End::Ok => _ = open.flush_async().await?,
                End::Err => _ = open.end_async(Outcome::Failure).await?,
                End::Drop => drop(open),
            }
            Ok(())
        }
        Form::Released | Form::Body => {
            let mut open = builder.open_owned();
            if scope.form == Form::Body {
                open.release_within();
            }
            let (ended, open) = open.work(body).await;
            if let Err(panic) = ended {
                resume_unwind(panic);
            }
            let mut released = open.release(outcome(scope.end));
            if scope.end == End::Drop {
                released.dispatch_ready();
            } else {
                released.dispatch_async().await?;
            }
            Ok(())
        }
    }
}

/// Catches a panic in a poll.
pub(crate) async fn caught<F: Future>(future: F) -> thread::Result<F::Output> {
    let mut future = Box::pin(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        },
    )
    .await
}

/// Polls both futures in turn until both are ready.
async fn join(a: Local<'_, ()>, b: Local<'_, ()>) {
    let mut both = [Some(a), Some(b)];
    poll_fn(|cx| {
        for slot in &mut both {
            if let Some(future) = slot
                && future.as_mut().poll(cx).is_ready()
            {
                *slot = None;
            }
        }
        match both {
            [None, None] => Poll::Ready(()),
            _ => Poll::Pending,
        }
    })
    .await;
}
