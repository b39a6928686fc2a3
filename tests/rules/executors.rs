//! The executors and their wrappers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use airlock::catalogue::RetryRule;
use airlock::executor::{
    Batch, BoxFuture, Channel, Executor, Fallback, Inline, Recorder, Retry, Timeout, Timer,
};
use airlock::{Failure, FailureMode};

use crate::fixture::{
    Log, block_on, builder, fail, fates, logged, logged_async, mail, order, ship,
};

#[test]
fn a_channel_hands_over_and_the_other_end_performs_with_cascades() {
    let log = logged(|_| {
        let (channel, deliveries) = Channel::bounded(2);
        airlock::scope()
            .executor(channel)
            .run_infallible(|_| airlock::enqueue(order(1)))
            .expect("handed over");
        let delivery = deliveries.recv().expect("one came");
        assert_eq!(delivery.effect().name(), "order");
        // Its cascade goes to the same channel.
        delivery.perform().expect("it succeeds");
        deliveries
            .recv()
            .expect("the cascade came")
            .perform()
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn a_full_or_deserted_channel_hands_back() {
    let (channel, deliveries) = Channel::bounded(1);
    let scope = airlock::scope()
        .executor(channel.clone())
        .failure_mode(FailureMode::CarryOn);
    let error = scope.run_infallible(|_| (1..=3).for_each(|n| _ = airlock::enqueue(mail(n))));
    let error = error.expect_err("there is room for one");
    assert_eq!(
        fates(error.report()),
        ["mail dispatched", "mail failed", "mail failed"]
    );
    assert!(
        error.report().to_string().contains("the channel is full"),
        "{}",
        error.report()
    );
    assert_eq!(error.into_intents().len(), 2);
    drop(deliveries);
    let error = airlock::scope()
        .executor(channel)
        .run_infallible(|_| airlock::enqueue(mail(4)));
    assert_eq!(error.expect_err("nobody listens").into_intents().len(), 1);
}

#[test]
fn a_recorder_keeps_and_can_perform_later() {
    let recorder = Recorder::new();
    let log = logged(|log| {
        airlock::scope()
            .executor(recorder.clone())
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::enqueue(fail(2));
            })
            .expect("recorded");
        assert!(log.lines().is_empty());
        assert!(recorder.snapshot().to_string().contains("Mail { n: 1 }"));
        let results: Vec<_> = recorder
            .take()
            .into_iter()
            .map(|delivery| delivery.perform().is_ok())
            .collect();
        assert_eq!(results, [true, false]);
    });
    assert_eq!(log, ["mail 1", "fail 2"]);
}

/// An executor that fails a number of times, then performs.
struct Unreliable(AtomicUsize);

impl Executor for Unreliable {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        let left = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match left {
            Ok(_) => batch.fail_rest("down"),
            Err(_) => batch.perform_all(),
        }
    }
}

#[derive(Clone, Default)]
struct Flying(Arc<AtomicUsize>);

impl Timer for Flying {
    fn wait(&self, duration: Duration) {
        self.0
            .fetch_add(duration.as_millis() as usize, Ordering::SeqCst);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.wait(duration);
        Box::pin(std::future::ready(()))
    }
}

#[test]
fn retry_tries_again_with_growing_waits_and_keeps_the_order() {
    let (log, timer) = (Log::default(), Flying::default());
    let airlock = builder(&log)
        .timer(timer.clone())
        .build()
        .expect("it builds");
    let retry = |failures, attempts| {
        let rule = RetryRule::attempts(attempts).delay(Duration::from_millis(10));
        Retry::new(Unreliable(AtomicUsize::new(failures)), rule)
    };
    let body = || (1..=2).for_each(|n| _ = airlock::enqueue(mail(n)));
    airlock.run(|| {
        airlock::scope()
            .executor(retry(2, 3))
            .run_infallible(|_| body())
            .expect("the third works");
    });
    assert_eq!(log.lines(), ["mail 1", "mail 2"]);
    assert_eq!(timer.0.load(Ordering::SeqCst), 10 + 20);
    block_on(airlock.bind(async {
        let scope = airlock::scope().executor(retry(5, 3));
        let error = scope
            .run_infallible_async(async |_| body())
            .await
            .expect_err("it gives up");
        assert_eq!(fates(error.report()), ["mail failed", "mail not reached"]);
    }));
    assert_eq!(timer.0.load(Ordering::SeqCst), 30 + 30);
}

struct Paused;

impl Timer for Paused {
    fn wait(&self, _: Duration) {}

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[airlock::effect]
async fn sleepy(#[resource] log: &Log, seconds: u64) -> Result<(), String> {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    log.add(format!("slept {seconds}"));
    Ok(())
}

#[test]
fn timeout_drops_what_takes_too_long_and_goes_on_if_asked() {
    let log = Log::default();
    let airlock = builder(&log).timer(Paused).build().expect("it builds");
    block_on(airlock.bind(async {
        let error = airlock::scope()
            .executor(Timeout::new(Inline, Duration::from_secs(10)))
            .failure_mode(FailureMode::CarryOn)
            .run_infallible_async(async |_| {
                for seconds in [1, 60, 5] {
                    airlock::enqueue(sleepy(seconds));
                }
            })
            .await
            .expect_err("one is too slow");
        assert_eq!(
            fates(error.report()),
            ["sleepy dispatched", "sleepy failed", "sleepy dispatched"]
        );
        assert!(matches!(error.failure(), Some(Failure::TimedOut { .. })));
    }));
    assert_eq!(log.lines(), ["slept 1", "slept 5"]);
}

#[test]
fn fallback_hands_what_the_first_fails_at_to_the_second() {
    let recorder = Recorder::new();
    let log = logged_async(async |_| {
        let (full, _kept) = Channel::bounded(1);
        airlock::scope()
            .executor(Fallback::new(full, recorder.clone()))
            .run_infallible_async(async |_| {
                airlock::enqueue(mail(1));
                airlock::enqueue(ship(2));
            })
            .await
            .expect("the recorder takes the second");
    });
    assert!(log.is_empty());
    assert_eq!(recorder.snapshot().lines()[0].arguments(), "Ship { n: 2 }");
}

#[cfg(feature = "tokio")]
mod spawn {
    use std::sync::Mutex;

    use airlock::prelude::*;
    use airlock::tokio::{Spawn, TokioTimer};

    use super::*;

    #[test]
    fn spawn_performs_on_tasks_with_cascades_delays_and_errors() {
        let errors = Arc::new(Mutex::new(Vec::new()));
        let seen = errors.clone();
        let mut log = logged_async(async |_| {
            let spawn = Spawn::current().on_error(move |error| {
                seen.lock().expect("no panic").extend(error.into_intents());
            });
            // `Spawn` takes async effects from a sync flush, too.
            airlock::scope()
                .executor(spawn.clone())
                .run_infallible(|_| {
                    airlock::enqueue(ship(1));
                    airlock::enqueue(order(2));
                    airlock::enqueue(fail(3));
                    airlock::enqueue(mail(4).after(Duration::from_secs(3600)));
                })
                .expect("handed over");
            assert_eq!(spawn.running(), 4);
            spawn.drained().await;
        });
        assert_eq!(log.pop().as_deref(), Some("mail 4"));
        log.sort();
        assert_eq!(log, ["fail 3", "mail 2", "ship 1"]);
        assert_eq!(errors.lock().expect("no panic").len(), 1);
    }

    #[test]
    fn a_dropped_future_reaches_spawn_without_awaiting() {
        let log = logged_async(async |_| {
            let spawn = Spawn::current();
            let work = airlock::scope()
                .executor(spawn.clone())
                .run_infallible_async(async |_| {
                    airlock::enqueue(ship(1).on_failure());
                    std::future::pending::<()>().await;
                });
            let mut work = Box::pin(work);
            std::future::poll_fn(|cx| {
                assert!(work.as_mut().poll(cx).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
            drop(work);
            spawn.drained().await;
        });
        assert_eq!(log, ["ship 1"]);
    }

    #[test]
    fn what_nobody_takes_is_reported_as_unhandled_also_when_the_runtime_ends() {
        let log = Log::default();
        let unhandled = Arc::new(Mutex::new(Vec::new()));
        let reports = Arc::new(AtomicUsize::new(0));
        let (kept, seen) = (unhandled.clone(), reports.clone());
        let airlock = builder(&log)
            .on_unhandled_error(move |error| {
                kept.lock().expect("no panic").extend(error.into_intents());
            })
            .on_report(move |_| _ = seen.fetch_add(1, Ordering::Relaxed))
            .build()
            .expect("it builds");
        block_on(airlock.bind(async {
            let spawn = Spawn::current();
            let handed_over = airlock::scope()
                .executor(spawn.clone())
                .run_infallible(|_| {
                    airlock::enqueue(fail(1));
                    airlock::enqueue(mail(2).after(Duration::from_secs(3600)));
                });
            handed_over.expect("handed over");
            while spawn.running() > 1 {
                ::tokio::task::yield_now().await;
            }
        }));
        // The runtime is gone, and with it the waiting task.
        assert_eq!(log.lines(), ["fail 1"]);
        assert_eq!(unhandled.lock().expect("no panic").len(), 2);
        assert_eq!(reports.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn tokio_clock_serves_retries_and_timeouts() {
        let log = Log::default();
        let airlock = builder(&log).timer(TokioTimer).build().expect("it builds");
        block_on(airlock.bind(async {
            let scope = airlock::scope().executor(Timeout::new(Inline, Duration::from_secs(2)));
            let error = scope
                .run_infallible_async(async |_| airlock::enqueue(sleepy(3600)))
                .await;
            assert!(matches!(
                error.expect_err("too slow").failure(),
                Some(Failure::TimedOut { .. })
            ));
        }));
    }
}

#[test]
fn r10_what_a_policy_has_failed_is_not_tried_again() {
    struct Insisting;
    impl Executor for Insisting {
        fn dispatch(&self, batch: &mut Batch<'_>) {
            batch.perform_all();
            batch.retry_failed(|_, _| true);
            batch.perform_all();
        }
    }
    let log = logged(|_| {
        let error = airlock::scope()
            .executor(Insisting)
            .failure_mode(FailureMode::CarryOn)
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                let broken = airlock::policy::allow_if(|_| panic!("policy"));
                airlock::policy(broken).run(|| airlock::enqueue(mail(2)));
                airlock::enqueue(mail(3));
            })
            .expect_err("the policy panics");
        assert_eq!(
            fates(error.report()),
            ["mail dispatched", "mail failed", "mail dispatched"]
        );
    });
    assert_eq!(log, ["mail 1", "mail 3"]);
}

#[test]
fn an_effect_that_lacks_a_resource_keeps_its_arguments() {
    struct Nowhere;
    #[airlock::effect]
    fn greet_nobody(#[resource] nowhere: &Nowhere, name: String) {
        let _ = (nowhere, name);
    }
    logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| airlock::enqueue(greet_nobody("you".to_owned())))
            .expect_err("nobody supplies it");
        let intents = error.into_intents();
        assert_eq!(intents.len(), 1);
        assert_eq!(
            intents[0]
                .downcast_ref::<GreetNobody>()
                .expect("it is that")
                .name,
            "you"
        );
    });
}

#[test]
fn a_recorder_that_is_cleared_keeps_nothing_alive() {
    #[airlock::effect]
    fn hold(what: Arc<u32>) {
        drop(what);
    }
    let what = Arc::new(7);
    let recorder = Recorder::new();
    airlock::scope()
        .executor(recorder.clone())
        .run_infallible(|_| airlock::enqueue(hold(what.clone())))
        .expect("recorded");
    assert_eq!(Arc::strong_count(&what), 2);
    recorder.clear();
    assert!(recorder.is_empty());
    assert_eq!(Arc::strong_count(&what), 1);
}

#[test]
fn r01_perform_now_goes_around_policies_and_says_where_it_stands() {
    let log = Log::default();
    let airlock = crate::fixture::builder(&log)
        .policy(airlock::policy::drop_all())
        .build()
        .expect("it builds");
    let report = airlock::PerformNow::perform_now(mail(1), &airlock).expect("it succeeds");
    assert_eq!(report.entries()[0].location().file(), file!());
    assert_eq!(log.lines(), ["mail 1"]);
}
