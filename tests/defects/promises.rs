//! Promises that were unclear, with the behaviour that was decided.

use std::cell::RefCell;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use airlock::executor::Channel;
use airlock::lifecycle::ReleaseAll;
use airlock::policy::drop_all;
use airlock::prelude::*;
use airlock::{EnqueueErrorKind, Scope};

use crate::fixture::{logged, mail, tally};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_scope_that_released_an_intent_judges_it_when_a_scope_further_out_held_it() {
    let log = logged(|_| {
        let outer = airlock::scope();
        let ended = outer.run_infallible(|_| {
            let middle = airlock::scope().lifecycle(ReleaseAll).policy(drop_all());
            let ended = middle.run_infallible(|_| {
                let inner = airlock::scope();
                let ended = inner.run_infallible(|_| airlock::enqueue(mail(1)));
                ended.expect("the outer scope holds it");
            });
            ended.expect("it holds nothing");
        });
        ended.expect("nothing fails");
    });
    assert!(
        log.is_empty(),
        "its policy lies between the enqueue and the dispatch (R10): {log:?}"
    );
}

/// Enqueues two intents of one batch effect: one that is delayed by an hour, and one that is not.
fn tally_now_and_later() {
    airlock::enqueue(tally(1).after(HOUR));
    airlock::enqueue(tally(2));
}

#[test]
fn an_intent_of_a_batch_is_not_handed_over_with_one_that_has_another_delay() {
    let (executor, deliveries) = Channel::bounded(4);
    let scope = airlock::scope().executor(executor);
    let ended = scope.run_infallible(|_| tally_now_and_later());
    ended.expect("there is room");
    let sizes: Vec<usize> = deliveries.try_iter().map(|it| it.intents().len()).collect();
    assert_eq!(sizes, [1, 1]);
}

#[cfg(feature = "tokio")]
#[test]
fn in_a_spawned_batch_an_intent_does_not_wait_for_a_delayed_one() {
    use airlock::executor::Timer;
    use airlock::tokio::{Spawn, TokioTimer};
    let mut early = Vec::new();
    let all = crate::fixture::logged_async(async |log| {
        let spawn = Spawn::current();
        let scope = airlock::scope().executor(spawn.clone());
        let ended = scope.run_infallible(|_| tally_now_and_later());
        ended.expect("it is spawned");
        // The clock is paused: it advances only when every task waits.
        TokioTimer.sleep(HOUR / 2).await;
        early = log.lines();
        spawn.drained().await;
    });
    assert_eq!(early, ["tally [2]"]);
    assert_eq!(all, ["tally [2]", "tally [1]"]);
}

/// A thread-local that enqueues in its destructor, and sends back the error, if any.
struct AtThreadEnd {
    tell: Sender<Option<EnqueueErrorKind>>,
    /// The scope that the destructor enters, if any.
    scope: Option<Scope>,
}

impl Drop for AtThreadEnd {
    fn drop(&mut self) {
        let enqueue = || airlock::try_enqueue(mail(1));
        let ended = match &self.scope {
            Some(scope) => scope.enter(enqueue),
            None => enqueue(),
        };
        let refusal = ended.err().map(|error| error.kind().clone());
        self.tell.send(refusal).expect("somebody listens");
    }
}

thread_local! {
    static AT_THREAD_END: RefCell<Option<AtThreadEnd>> = const { RefCell::new(None) };
}

/// The first use of `AT_THREAD_END`, relative to airlock's thread-local. It decides the order of destructors.
#[derive(Clone, Copy, PartialEq)]
enum Touched {
    BeforeOurs,
    AfterOurs,
}

/// Runs a thread that uses a scope, and returns the error of the enqueue in its thread-local's destructor.
fn told_at_thread_end(touched: Touched, scope: Option<Scope>) -> Option<EnqueueErrorKind> {
    let (tell, told) = channel();
    let thread = std::thread::spawn(move || {
        let at_end = AtThreadEnd { tell, scope };
        let use_scope = || airlock::scope().enter().discard();
        if touched == Touched::AfterOurs {
            use_scope();
        }
        AT_THREAD_END.set(Some(at_end));
        if touched == Touched::BeforeOurs {
            use_scope();
        }
    });
    thread.join().expect("it does not panic");
    told.recv().expect("the destructor runs")
}

#[test]
fn an_enqueue_while_a_thread_ends_is_outside_of_every_scope() {
    for touched in [Touched::BeforeOurs, Touched::AfterOurs] {
        assert_eq!(
            told_at_thread_end(touched, None),
            Some(EnqueueErrorKind::NoScope)
        );
    }
}

#[test]
fn a_scope_that_is_entered_after_the_context_of_a_thread_has_ended_takes_nothing() {
    let scope = airlock::scope().open();
    let refusal = told_at_thread_end(Touched::BeforeOurs, Some(scope.clone()));
    // On some platforms the context still exists; the enqueue then succeeds as usual.
    match refusal {
        Some(refusal) => assert_eq!((refusal, scope.len()), (EnqueueErrorKind::NoScope, 0)),
        None => assert_eq!(scope.len(), 1),
    }
    scope.discard();
}
