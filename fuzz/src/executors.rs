//! The executors and policies of the programs, including some that violate their contracts.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use airlock::catalogue::RetryRule;
use airlock::executor::{Batch, BoxFuture, Delivery, Executor, Fallback, Inline, Retry, Timeout};
use airlock::lifecycle::{AlwaysFlush, Lifecycle, NeverFlush, ReleaseAll, release_if};
use airlock::policy::{Policy, ScopeView, Verdict, Veto, allow_all, drop_all, limit, no_reentry};
use airlock::{BoxError, Intent};

use crate::effects::{number, yields};
use crate::program::{Later, Life, Rule, Way};
use crate::world::{World, planned_panic};

/// Builds the executor.
pub(crate) fn executor(world: &World, way: &Way) -> Arc<dyn Executor> {
    let build = |way: &Way| executor(world, way);
    let inner = match way {
        Way::Inline => return Arc::new(Inline),
        Way::Retry(way) => return Arc::new(Retry::new(build(way), RetryRule::attempts(2))),
        Way::Timeout(way) => return Arc::new(Timeout::new(build(way), Duration::from_millis(1))),
        Way::Fallback(first, second) => {
            return Arc::new(Fallback::new(build(first), build(second)));
        }
        Way::AcceptNot(_, way) | Way::OwnTimeout(_, way) => build(way),
        _ => Arc::new(Inline),
    };
    Arc::new(Custom {
        way: way.clone(),
        inner,
        world: world.clone(),
    })
}

/// A user-defined executor.
struct Custom {
    way: Way,
    inner: Arc<dyn Executor>,
    world: World,
}

type Taken = Result<(), (Delivery, BoxError)>;

impl Custom {
    /// Takes a delivery, returns it with an error, or panics.
    fn take(&self, delivery: Delivery) -> Taken {
        match self.way {
            Way::Keep(later) | Way::KeepAsync(_, later) => {
                self.world.keep(delivery, later);
                Ok(())
            }
            Way::Refuse => Err((delivery, "refused".into())),
            _ => {
                self.world.lost(&delivery);
                planned_panic()
            }
        }
    }

    /// Performs some units, one at a time.
    fn perform_some(&self, batch: &mut Batch<'_>, units: u8) {
        for _ in 0..units {
            match batch.next_alone() {
                Some(mut unit) => unit.perform_all(),
                None => return,
            }
        }
    }
}

impl Executor for Custom {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        match self.way {
            Way::AcceptNot(rest, _) if number(intent) % 4 == u32::from(rest) => {
                Err("not this one".into())
            }
            _ => self.inner.accepts(intent),
        }
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        match self.way {
            Way::FailRest => batch.fail_rest("nothing works"),
            Way::PanicAfter(units) => {
                self.perform_some(batch, units);
                planned_panic();
            }
            Way::ReturnAfter(units) => self.perform_some(batch, units),
            Way::Keep(_) | Way::KeepAsync(..) | Way::Refuse | Way::PanicInHand => {
                batch.hand_over(|delivery| self.take(delivery));
            }
            _ => self.inner.dispatch(batch),
        }
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        match self.way {
            Way::KeepAsync(polls, later) => {
                let world = self.world.clone();
                Box::pin(batch.hand_over_async(move |delivery| {
                    keep_after(world.clone(), polls, later, delivery)
                }))
            }
            Way::OwnTimeout(polls, _) => Box::pin(async move {
                at_most(polls, self.inner.dispatch_async(batch)).await;
            }),
            Way::AcceptNot(..) => self.inner.dispatch_async(batch),
            _ => {
                self.dispatch(batch);
                Box::pin(std::future::ready(()))
            }
        }
    }
}

async fn keep_after(world: World, polls: u8, later: Later, delivery: Delivery) -> Taken {
    world.offered(&delivery);
    yields(polls).await;
    world.keep(delivery, later);
    Ok(())
}

/// Drops the future once it has been pending more than this many times.
pub(crate) async fn at_most<F: Future>(mut polls: u8, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if polls == 0 => Poll::Ready(None),
        Poll::Pending => {
            polls -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Builds the policy.
pub(crate) fn policy(rule: Rule) -> Arc<dyn Policy> {
    match rule {
        Rule::Allow => Arc::new(allow_all()),
        Rule::Drop => Arc::new(drop_all()),
        Rule::Limit(most) => Arc::new(limit(usize::from(most))),
        Rule::NoReentry => Arc::new(no_reentry()),
        _ => Arc::new(Judge(rule)),
    }
}

/// A policy that judges an intent by its number.
struct Judge(Rule);

impl Policy for Judge {
    fn at_enqueue(&self, intent: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        let is_meant = |rest: u8| number(intent) % 4 == u32::from(rest);
        match self.0 {
            Rule::VetoSome(rest) if is_meant(rest) => Err(Veto::because("not this one")),
            Rule::PanicAtEnqueue(rest) if is_meant(rest) => planned_panic(),
            _ => Ok(()),
        }
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        let is_meant = |rest: u8| number(intent) % 4 == u32::from(rest);
        match self.0 {
            Rule::DropSome(rest) if is_meant(rest) => Verdict::DROP,
            Rule::PanicAtFlush(rest) if is_meant(rest) => planned_panic(),
            _ => Verdict::Allow,
        }
    }
}

/// Builds the lifecycle.
pub(crate) fn lifecycle(life: Life) -> Arc<dyn Lifecycle> {
    match life {
        Life::AlwaysFlush => Arc::new(AlwaysFlush),
        Life::NeverFlush => Arc::new(NeverFlush),
        Life::ReleaseAll => Arc::new(ReleaseAll),
        Life::ReleaseEven => Arc::new(release_if(|intent| number(intent).is_multiple_of(2))),
    }
}
