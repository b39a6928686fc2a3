//! Cancellation: futures that are dropped at every possible point.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use airlock::FlushError;
use airlock::catalogue::RetryRule;
use airlock::executor::{Batch, BoxFuture, Executor, Inline, Retry, Timeout};
use airlock::lifecycle::{AlwaysFlush, NeverFlush};
use airlock::policy::allow_all;
use airlock::prelude::*;

use crate::fixture::{
    Log, block_on, builder, fail, fates, logged, logged_async, mail, panic_of, ship,
};

/// Polls a future `times` times, then drops it.
async fn polled(mut future: std::pin::Pin<Box<impl Future>>, times: usize) {
    for _ in 0..times {
        std::future::poll_fn(|cx| {
            assert!(future.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
}

#[test]
fn a_scope_cancelled_at_any_await_says_what_was_dispatched_and_hands_back_the_rest() {
    // The body awaits once, and so does each of the two effects. Outcomes by polls before the cancellation:
    let outcomes = [
        (1, vec![], vec!["ship discarded", "ship discarded"], 0),
        (2, vec![], vec!["ship failed", "ship not reached"], 2),
        (3, vec!["ship 1"], vec!["ship dispatched", "ship failed"], 1),
    ];
    for (polls, ran, expected, handed_back) in outcomes {
        let reports = Arc::new(Mutex::new(Vec::new()));
        let unhandled = Arc::new(Mutex::new(0));
        let (seen, kept) = (reports.clone(), unhandled.clone());
        let log = Log::default();
        let airlock = builder(&log)
            .on_report(move |report| seen.lock().expect("no panic").push(fates(report)))
            .on_unhandled_error(move |error| {
                *kept.lock().expect("no panic") += error.into_intents().len();
            })
            .build()
            .expect("it builds");
        block_on(airlock.bind(async {
            let work = airlock::scope().run_infallible_async(async |_| {
                airlock::enqueue(ship(1));
                airlock::enqueue(ship(2));
                tokio::task::yield_now().await;
            });
            polled(Box::pin(work), polls).await;
        }));
        assert_eq!(log.lines(), ran);
        assert_eq!(
            *reports.lock().expect("no panic"),
            [expected],
            "after {polls} polls"
        );
        assert_eq!(
            *unhandled.lock().expect("no panic"),
            handed_back,
            "after {polls} polls"
        );
    }
}

/// Drops the future of a flush after `polls` polls. Returns its report, and the intents that were passed to
/// `on_unhandled_error`.
fn cut_after(polls: usize, executor: impl Executor, work: fn()) -> (Vec<String>, Vec<String>) {
    let reported = Arc::new(Mutex::new(Vec::new()));
    let unhandled = Arc::new(Mutex::new(Vec::new()));
    let (seen, kept) = (reported.clone(), unhandled.clone());
    let airlock = builder(&Log::default())
        .on_report(move |report| *seen.lock().expect("no panic") = fates(report))
        .on_unhandled_error(move |error: FlushError| {
            let intents = error.into_intents();
            let names = intents
                .iter()
                .map(|intent| intent.effect().name().to_owned());
            kept.lock().expect("no panic").extend(names);
        })
        .build()
        .expect("it builds");
    block_on(airlock.bind(async {
        let work = airlock::scope()
            .executor(executor)
            .run_infallible_async(async |_| work());
        polled(Box::pin(work), polls).await;
    }));
    let reported = reported.lock().expect("no panic").clone();
    (reported, unhandled.lock().expect("no panic").clone())
}

#[airlock::effect]
fn causes_shipping() {
    airlock::enqueue(ship(1));
}

#[test]
fn cut_while_a_cascade_is_under_way_everything_left_is_handed_back() {
    let (reported, unhandled) = cut_after(1, Inline, || {
        airlock::enqueue(causes_shipping());
        airlock::enqueue(mail(2));
    });
    assert_eq!(
        reported,
        [
            "causes_shipping dispatched",
            "mail not reached",
            "ship failed"
        ]
    );
    assert_eq!(unhandled, ["mail", "ship"]);
}

#[test]
fn cut_while_a_retry_waits_everything_left_is_handed_back() {
    let patient = Retry::new(
        Inline,
        RetryRule::attempts(3).delay(Duration::from_secs(60)),
    );
    let (reported, unhandled) = cut_after(1, patient, || {
        airlock::enqueue(fail(1));
        airlock::enqueue(mail(2));
    });
    assert_eq!(reported, ["fail not reached", "mail not reached"]);
    assert_eq!(unhandled, ["fail", "mail"]);
}

/// An executor that never completes, and performs nothing.
struct Waiting;

impl Executor for Waiting {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.fail_rest("it supports async flushes only");
    }

    fn dispatch_async<'a>(&'a self, _: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(std::future::pending())
    }
}

/// An executor whose hand-over never completes.
struct HandingOver;

impl Executor for HandingOver {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.fail_rest("it supports async flushes only");
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(batch.hand_over_async(async |_| std::future::pending().await))
    }
}

#[test]
fn cut_while_an_executor_waits_everything_left_is_handed_back() {
    let work = || {
        airlock::enqueue(mail(1));
        airlock::enqueue(mail(2));
    };
    let (reported, unhandled) = cut_after(1, Waiting, work);
    assert_eq!(reported, ["mail not reached", "mail not reached"]);
    assert_eq!(unhandled, ["mail", "mail"]);
    // The hand-over's future was dropped together with the delivery, so the delivery was not taken.
    let (reported, unhandled) = cut_after(1, HandingOver, work);
    assert_eq!(reported, ["mail failed", "mail not reached"]);
    assert_eq!(unhandled, ["mail", "mail"]);
}

#[test]
fn a_timeout_that_cuts_a_cascade_is_told() {
    #[airlock::effect]
    async fn endless() {
        std::future::pending::<()>().await;
    }
    #[airlock::effect]
    async fn causes_endless() {
        airlock::enqueue(endless());
    }
    let log = logged_async(async |_| {
        let bounded = Timeout::new(Inline, Duration::from_millis(1));
        let ended = airlock::scope()
            .executor(bounded)
            .run_infallible_async(async |_| {
                airlock::enqueue(causes_endless());
                airlock::enqueue(mail(1));
            })
            .await;
        let error = ended.expect_err("its cascade was cut");
        assert_eq!(
            fates(error.report()),
            [
                "causes_endless dispatched",
                "mail not reached",
                "endless failed"
            ]
        );
    });
    assert!(log.is_empty(), "{log:?}");
}

#[airlock::effect]
async fn waits_with_a_local_policy() {
    airlock::policy(allow_all()).run(|| airlock::enqueue(mail(1)));
    std::future::pending::<()>().await;
}

#[test]
fn a_cancelled_effect_leaves_nothing_behind() {
    let resource = Arc::new("kept by the airlock");
    let weak: Weak<&str> = Arc::downgrade(&resource);
    let airlock = builder(&Log::default())
        .resource(resource)
        .build()
        .expect("it builds");
    block_on(airlock.bind(async {
        let work = airlock::scope()
            .run_infallible_async(async |_| airlock::enqueue(waits_with_a_local_policy()));
        polled(Box::pin(work), 2).await;
    }));
    drop(airlock);
    assert!(
        weak.upgrade().is_none(),
        "something keeps the airlock alive"
    );
}

#[test]
fn an_infallible_effect_that_is_cut_short_is_handed_back() {
    #[airlock::effect(timeout = "1ms", retry(attempts = 2, delay = "1ms"))]
    async fn ping(host: String) {
        drop(host);
        std::future::pending::<()>().await;
    }
    logged_async(async |_| {
        let ended = airlock::scope()
            .run_infallible_async(async |_| airlock::enqueue(ping("here".to_owned())))
            .await;
        let intents = ended.expect_err("it takes too long").into_intents();
        assert_eq!(intents.len(), 1);
        let ping = intents[0].downcast_ref::<Ping>().expect("it is that");
        assert_eq!(ping.host, "here");
    });
}

#[test]
fn r06_a_dry_run_sends_nothing_also_when_it_is_cancelled() {
    let log = logged(|_| {
        let guard = airlock::scope().lifecycle(NeverFlush).enter();
        airlock::enqueue(mail(1).always());
        drop(guard);
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn r06_a_future_dropped_while_the_thread_unwinds_was_cancelled() {
    let log = logged(|_| {
        let message = panic_of(|| {
            let work = airlock::scope()
                .lifecycle(AlwaysFlush)
                .run_infallible_async(async |_| {
                    airlock::enqueue(mail(1));
                    std::future::pending::<()>().await;
                });
            let mut work = Box::pin(work);
            let waker = std::task::Waker::noop();
            let polled = work
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker));
            assert!(polled.is_pending());
            panic!("elsewhere");
        });
        assert_eq!(message, "elsewhere");
    });
    assert!(log.is_empty(), "{log:?}");
}
