//! Intents that a scope has released for somebody else to dispatch. The same rules apply.

use std::sync::{Arc, Mutex};

use airlock::lifecycle::Outcome;
use airlock::policy::drop_all;
use airlock::prelude::*;

use crate::fixture::{Fail, builder, charge, fail, fates, logged, logged_async, mail, ship};

#[test]
fn r06_a_scope_released_as_a_failure_lets_only_marked_intents_go() {
    let log = logged_async(async |_| {
        let mut scope = airlock::scope().open_owned();
        scope.run(|| {
            airlock::enqueue(mail(1));
            airlock::enqueue(ship(2).on_failure());
        });
        let released = scope.release(Outcome::Failure);
        assert!(!released.is_finished());
        let report = released.dispatch_async().await.expect("it flushes");
        assert_eq!(fates(&report), ["mail discarded", "ship dispatched"]);
    });
    assert_eq!(log, ["ship 2"]);
}

#[test]
fn r08_what_an_ancestor_holds_is_captured_when_the_scope_is_released() {
    let log = logged(|_| {
        let outer = airlock::scope().open();
        let mut inner = outer.enter(|| airlock::scope().open_owned());
        inner.run(|| airlock::enqueue(mail(1)));
        let released = inner.release(Outcome::Success);
        assert!(released.is_finished());
        assert_eq!(outer.len(), 1);
        outer.flush().expect("it flushes");
        assert_eq!(
            fates(&released.dispatch().expect("nothing fails")),
            ["mail captured"]
        );
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r10_policies_have_judged_what_is_released() {
    let mut scope = airlock::scope().policy(drop_all()).open_owned();
    scope.run(|| airlock::enqueue(mail(1)));
    let released = scope.release(Outcome::Success);
    assert!(released.is_finished());
    let report = released.dispatch().expect("nothing fails");
    assert_eq!(fates(&report), ["mail dropped"]);
}

#[test]
fn r14_what_is_released_and_never_dispatched_is_handed_back() {
    let unhandled = Arc::new(Mutex::new(Vec::new()));
    let airlock = builder(&crate::fixture::Log::default())
        .on_unhandled_error({
            let unhandled = unhandled.clone();
            move |error| {
                let text = error.to_string();
                let intents = error.into_intents().len();
                unhandled.lock().expect("no panic").push((text, intents));
            }
        })
        .build()
        .expect("it builds");
    let open = || {
        let mut scope = airlock.scope().open_owned();
        scope.run(|| {
            airlock::enqueue(mail(1));
            airlock::enqueue(charge(2));
        });
        scope.release(Outcome::Success)
    };
    drop(open());
    drop(open().dispatch_async());
    let cancelled = ("the flush was cancelled; 2 not reached".to_owned(), 2);
    assert_eq!(
        *unhandled.lock().expect("no panic"),
        [cancelled.clone(), cancelled]
    );
}

#[test]
fn r14_an_error_that_no_caller_can_be_given_goes_to_the_airlock_around() {
    let unhandled = Arc::new(Mutex::new(Vec::new()));
    let airlock = builder(&crate::fixture::Log::default())
        .on_unhandled_error({
            let unhandled = unhandled.clone();
            move |error| {
                unhandled
                    .lock()
                    .expect("no panic")
                    .extend(error.into_intents());
            }
        })
        .build()
        .expect("it builds");
    airlock.run(|| {
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(fail(1)));
        ended.expect_err("it fails").report_unhandled();
    });
    let unhandled = unhandled.lock().expect("no panic");
    assert_eq!(
        unhandled[0].downcast_ref::<Fail>().map(|fail| fail.n),
        Some(1)
    );
}

#[test]
fn a_backlog_is_drained_when_nothing_runs_on() {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    let tasks = airlock::scope::TaskTracker::default();
    let (first, second) = (tasks.token(), tasks.clone().token());
    let mut drained = Box::pin(tasks.drained());
    let mut poll = || {
        drained
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    };
    assert_eq!(poll(), Poll::Pending);
    drop(first);
    assert_eq!((poll(), tasks.running()), (Poll::Pending, 1));
    drop(second);
    assert_eq!((poll(), tasks.running()), (Poll::Ready(()), 0));
    tasks.count_failure();
    assert_eq!(tasks.failed(), 1);
}
