//! R5 to R9: scopes.

use std::sync::{Arc, Mutex};

use airlock::lifecycle::{
    AlwaysFlush, Ending, Lifecycle, NeverFlush, Outcome, ReleaseAll, release_if,
};
use airlock::policy::drop_all;
use airlock::prelude::*;
use airlock::{EnqueueErrorKind, FailureMode, FlushError, Intent, try_enqueue};

use crate::fixture::{
    Mail, airlock, block_on, charge, fates, logged, logged_async, mail, panic_of, ship,
};

type Body = Result<(), FlushErrorOr>;

#[derive(Debug)]
enum FlushErrorOr {
    Flush,
    Own,
}

impl From<FlushError> for FlushErrorOr {
    fn from(_: FlushError) -> Self {
        FlushErrorOr::Flush
    }
}

#[test]
fn r05_intents_leave_first_in_first_out_and_only_through_a_flush() {
    let log = logged(|log| {
        airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(mail(1).with_priority(1));
                airlock::enqueue(charge(2).with_priority(9));
                airlock::enqueue(mail(3).with_priority(5));
                assert!(log.lines().is_empty());
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1", "charge 2", "mail 3"]);
}

#[test]
fn r06_flushes_on_ok_and_discards_on_err() {
    let log = logged(|_| {
        let body = |n, result: Body| {
            airlock::scope().run(|_| {
                airlock::enqueue(mail(n));
                result
            })
        };
        assert!(body(1, Ok(())).is_ok());
        assert!(matches!(
            body(2, Err(FlushErrorOr::Own)),
            Err(FlushErrorOr::Own)
        ));
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r06_discards_on_panic_and_cancellation() {
    let log = logged(|_| {
        crate::fixture::panic_of(|| {
            let _ = airlock::scope().run_infallible(|_| {
                airlock::enqueue(mail(1));
                panic!("boom");
            });
        });
    });
    assert!(log.is_empty());
    let log = logged_async(async |_| {
        let work = airlock::scope().run_infallible_async(async |_| {
            airlock::enqueue(mail(2));
            std::future::pending::<()>().await;
        });
        assert!(futures_poll_once(work).await.is_none());
    });
    assert!(log.is_empty());
}

/// Polls a future once, then drops it.
async fn futures_poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match future.as_mut().poll(cx) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[test]
fn r06_a_lifecycle_decides_otherwise_for_success_err_and_panic() {
    let log = logged(|_| {
        let _ = airlock::scope().lifecycle(AlwaysFlush).run(|_| {
            airlock::enqueue(mail(1));
            Err::<(), _>(FlushErrorOr::Own)
        });
        crate::fixture::panic_of(|| {
            let _ = airlock::scope().lifecycle(AlwaysFlush).run_infallible(|_| {
                airlock::enqueue(mail(2));
                panic!("boom");
            });
        });
        let ended = airlock::scope().lifecycle(NeverFlush).run_infallible(|_| {
            airlock::enqueue(mail(3));
        });
        assert_eq!(
            fates(&ended.expect("nothing fails").report),
            ["mail discarded"]
        );
    });
    assert_eq!(log, ["mail 1", "mail 2"]);
}

#[test]
fn r06_on_failure_and_always_leave_on_err_panic_and_cancellation() {
    let body = || {
        airlock::enqueue(mail(1));
        airlock::enqueue(mail(2).on_failure());
        airlock::enqueue(mail(3).always());
    };
    let log = logged(|_| {
        let done = airlock::scope()
            .run_infallible(|_| body())
            .expect("it succeeds");
        assert_eq!(
            fates(&done.report),
            ["mail dispatched", "mail not due", "mail dispatched"]
        );
    });
    assert_eq!(log, ["mail 1", "mail 3"]);
    let log = logged(|_| {
        let _ = airlock::scope().run(|_| {
            body();
            Err::<(), _>(FlushErrorOr::Own)
        });
        crate::fixture::panic_of(|| {
            let _ = airlock::scope().run_infallible(|_| {
                body();
                panic!("boom");
            });
        });
    });
    assert_eq!(log, ["mail 2", "mail 3", "mail 2", "mail 3"]);
    let log = logged_async(async |_| {
        let work = airlock::scope().run_infallible_async(async |_| {
            body();
            std::future::pending::<()>().await;
        });
        futures_poll_once(work).await;
    });
    assert_eq!(log, ["mail 2", "mail 3"]);
}

#[test]
fn r06_from_a_dropped_future_an_async_effect_cannot_be_awaited_and_is_reported_as_unhandled() {
    let unhandled = Arc::new(Mutex::new(Vec::new()));
    let seen = unhandled.clone();
    let log = crate::fixture::Log::default();
    let airlock = crate::fixture::builder(&log)
        .on_unhandled_error(move |error| {
            let intents = error.into_intents().len();
            seen.lock().expect("no panic").push(intents);
        })
        .build()
        .expect("it builds");
    block_on(airlock.bind(async {
        let work = airlock::scope().run_infallible_async(async |_| {
            airlock::enqueue(ship(1).on_failure());
            std::future::pending::<()>().await;
        });
        futures_poll_once(work).await;
    }));
    assert!(log.lines().is_empty());
    assert_eq!(*unhandled.lock().expect("no panic"), [1]);
}

#[test]
fn r07_a_scope_that_has_ended_accepts_nothing() {
    let log = logged(|_| {
        let scope = airlock::scope().enter();
        let handle = airlock::current().expect("entered");
        scope.flush().expect("nothing to do");
        let error = handle
            .enter(|| try_enqueue(mail(1)))
            .expect_err("it has ended");
        assert!(
            matches!(error.kind(), EnqueueErrorKind::ScopeEnded { .. }),
            "{error}"
        );
        assert!(!handle.is_open());
    });
    assert!(log.is_empty());
}

#[test]
fn r08_a_nested_scope_is_captured_in_order() {
    let log = logged(|log| {
        airlock::scope()
            .run_infallible(|outer| {
                airlock::enqueue(mail(1));
                let inner = airlock::scope().run_infallible(|_| {
                    airlock::enqueue(mail(2));
                    airlock::enqueue(mail(3));
                });
                let report = inner.expect("captured").report;
                assert_eq!(fates(&report), ["mail captured", "mail captured"]);
                airlock::enqueue(mail(4));
                let held: Vec<u32> = outer.enqueued::<Mail>().iter().map(|mail| mail.n).collect();
                assert_eq!(held, [1, 2, 3, 4]);
                assert!(log.lines().is_empty());
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1", "mail 2", "mail 3", "mail 4"]);
}

#[test]
fn r08_every_ancestor_is_asked_nearest_first() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let asking = |name: &'static str, limit: u32| {
        let asked = asked.clone();
        release_if(move |intent: &Intent| {
            let n = intent.downcast_ref::<Mail>().map_or(0, |mail| mail.n);
            asked.lock().expect("no panic").push((name, n));
            n <= limit
        })
    };
    let log = logged(|log| {
        airlock::scope()
            .lifecycle(asking("outer", 1))
            .run_infallible(|outer| {
                airlock::scope()
                    .lifecycle(asking("middle", 2))
                    .run_infallible(|middle| {
                        airlock::scope()
                            .run_infallible(|_| {
                                for n in 1..=3 {
                                    airlock::enqueue(mail(n));
                                }
                            })
                            .expect("it succeeds");
                        assert_eq!(log.lines(), ["mail 1"]);
                        assert_eq!((outer.count::<Mail>(), middle.count::<Mail>()), (1, 1));
                    })
                    .expect("it succeeds");
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1", "mail 2", "mail 3"]);
    let asked = asked.lock().expect("no panic");
    let first = [
        ("middle", 1),
        ("middle", 2),
        ("middle", 3),
        ("outer", 1),
        ("outer", 2),
    ];
    assert_eq!(asked[..5], first);
}

#[test]
fn r08_a_nested_scope_that_discards_touches_nothing_of_its_parents() {
    let log = logged(|_| {
        airlock::scope()
            .run_infallible(|outer| {
                airlock::enqueue(mail(1));
                let _ = airlock::scope().run(|_| {
                    airlock::enqueue(mail(2));
                    Err::<(), _>(FlushErrorOr::Own)
                });
                assert_eq!(outer.len(), 1);
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1"]);
}

/// A lifecycle that lets only marked intents leave, even on success.
struct OnlyMarked;

impl Lifecycle for OnlyMarked {
    fn end(&self, _: Outcome) -> Ending {
        Ending::FlushOnFailure
    }
}

#[test]
fn r08_what_waited_for_a_nested_failure_leaves_though_its_captor_flushes_only_what_is_marked() {
    let log = logged(|_| {
        let report = airlock::scope()
            .lifecycle(OnlyMarked)
            .run_infallible(|_| {
                let _ = airlock::scope().run(|_| {
                    airlock::enqueue(mail(1).on_failure());
                    Err::<(), _>(FlushErrorOr::Own)
                });
                airlock::enqueue(mail(2).on_failure());
                airlock::enqueue(mail(3));
                airlock::enqueue(mail(4).always());
            })
            .expect("it succeeds")
            .report;
        let fates = fates(&report);
        assert_eq!(fates[0], "mail dispatched");
        assert_eq!(
            fates[1..],
            ["mail discarded", "mail discarded", "mail dispatched"]
        );
    });
    assert_eq!(log, ["mail 1", "mail 4"]);
}

#[test]
fn r08_what_waited_for_a_nested_failure_leaves_with_its_captor() {
    let log = logged(|_| {
        airlock::scope()
            .run_infallible(|_| {
                let _ = airlock::scope().run(|_| {
                    airlock::enqueue(mail(1).on_failure());
                    Err::<(), _>(FlushErrorOr::Own)
                });
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r08_an_ancestor_that_ended_first_is_a_failure_that_hands_back() {
    let log = logged(|_| {
        let outer = airlock::scope().open();
        let inner = outer.enter(|| airlock::scope().open());
        inner.enter(|| airlock::enqueue(mail(1)));
        outer.discard();
        let error = inner.flush().expect_err("nobody can capture it");
        assert!(matches!(
            error.failure(),
            Some(airlock::Failure::AncestorEnded { .. })
        ));
        assert_eq!(error.into_intents().len(), 1);
    });
    assert!(log.is_empty());
}

/// Flushes a mail that the ended outer scope would have captured, and a charge that it releases.
fn orphaned(mode: FailureMode) -> FlushError {
    let lifecycle = release_if(|intent: &Intent| intent.priority() == Some(1));
    let outer = airlock::scope().lifecycle(lifecycle).open();
    let inner = outer.enter(|| airlock::scope().failure_mode(mode).open());
    inner.enter(|| {
        airlock::enqueue(charge(1).with_priority(1));
        airlock::enqueue(mail(2));
    });
    outer.discard();
    inner.flush().expect_err("nobody can capture the mail")
}

#[test]
fn r08_an_ancestor_that_ended_first_stops_the_flush() {
    let log = logged(|_| {
        let error = orphaned(FailureMode::Stop);
        assert_eq!(fates(error.report()), ["charge not reached", "mail failed"]);
        assert_eq!(error.into_intents().len(), 2);
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn r08_a_flush_that_carries_on_dispatches_what_an_ancestor_that_ended_first_releases() {
    let log = logged(|_| {
        let error = orphaned(FailureMode::CarryOn);
        assert_eq!(fates(error.report()), ["charge dispatched", "mail failed"]);
    });
    assert_eq!(log, ["charge 1"]);
}

#[test]
fn r09_a_scope_tells_its_own_intents_from_captured_ones() {
    airlock::scope()
        .policy(drop_all())
        .run_infallible(|scope| {
            airlock::enqueue(mail(1));
            airlock::scope()
                .name("inner")
                .run_infallible(|_| airlock::enqueue(mail(2)))
                .expect("captured");
            let snapshot = scope.snapshot();
            assert_eq!(
                (snapshot.own().count(), snapshot.captured().count()),
                (1, 1)
            );
            let captured = snapshot.captured().next().expect("one");
            assert!(captured.scope() != Some(scope.id()) && captured.is_captured());
        })
        .expect("dropped, not failed");
}

#[test]
fn all_four_forms_of_a_scope_work() {
    let log = logged_async(async |log| {
        airlock::scope()
            .run_infallible(|_| airlock::enqueue(mail(1)))
            .expect("closure");
        let work = async {
            airlock::enqueue(ship(2));
            Ok::<_, FlushError>(())
        };
        work.in_scope(airlock::scope()).await.expect("future");
        let guard = airlock::scope().enter();
        airlock::enqueue(mail(3));
        guard.flush().expect("guard");
        airlock::scope()
            .lifecycle(ReleaseAll)
            .run_infallible_async(async |scope| {
                let spawned = scope.clone();
                let thread =
                    std::thread::spawn(move || spawned.enter(|| airlock::enqueue(mail(4))));
                thread.join().expect("the thread ends");
                let task = tokio::spawn(scope.bind(async { airlock::enqueue(ship(5)) }));
                task.await.expect("the task ends");
            })
            .await
            .expect("handle");
        assert_eq!(log.lines().len(), 5);
        let _ = airlock(log);
    });
    assert_eq!(log, ["mail 1", "ship 2", "mail 3", "mail 4", "ship 5"]);
}

#[test]
fn r12_looking_at_a_scope_may_ask_it_anything_and_change_nothing() {
    logged(|_| {
        airlock::scope()
            .run_infallible(|scope| {
                airlock::enqueue(mail(1));
                scope.inspect(|intents| {
                    assert_eq!(intents.len(), scope.len());
                    assert!(scope.is_open() && !scope.is_empty());
                });
                let nested = airlock::scope().open();
                let message = panic_of(|| scope.inspect(|_| drop(nested.flush())));
                assert!(message.contains("within `Scope::inspect`"), "{message}");
                assert_eq!(scope.len(), 1);
            })
            .expect("it succeeds");
    });
}
