//! R18 and R19: isolation.

use std::sync::atomic::{AtomicUsize, Ordering};

use airlock::policy::{allow_if, block};
use airlock::prelude::*;
use airlock::{EnqueueErrorKind, Intent, try_enqueue};

use crate::fixture::{Charge, Log, Mail, airlock, block_on, charge, logged, logged_async, mail};

#[test]
fn r18_spawned_threads_and_tasks_inherit_nothing() {
    let log = logged_async(async |_| {
        airlock::scope()
            .run_infallible_async(async |scope| {
                let thread = std::thread::spawn(|| try_enqueue(mail(1)).is_err());
                assert!(thread.join().expect("it ends"));
                assert!(
                    tokio::spawn(async { try_enqueue(mail(2)).is_err() })
                        .await
                        .expect("it ends")
                );
                // A scope is handed over explicitly.
                tokio::spawn(scope.bind(async { airlock::enqueue(mail(3)) }))
                    .await
                    .expect("it ends");
            })
            .await
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 3"]);
}

#[test]
fn r18_local_policies_are_handed_over_with_the_scope() {
    let log = logged_async(async |_| {
        airlock::scope()
            .run_infallible_async(async |_| {
                let handle = airlock::policy(block::<Mail>()).run(airlock::current);
                let handle = handle.expect("in a scope");
                tokio::spawn(handle.bind(async {
                    airlock::enqueue(mail(1));
                    airlock::enqueue(charge(2));
                }))
                .await
                .expect("it ends");
            })
            .await
            .expect("it succeeds");
    });
    assert_eq!(log, ["charge 2"]);
}

/// A value that tries to enqueue when it is dropped, and counts the refusals.
struct EnqueuesOnDrop(&'static AtomicUsize);

impl Drop for EnqueuesOnDrop {
    fn drop(&mut self) {
        if let Err(error) = try_enqueue(mail(1)) {
            assert!(
                matches!(error.kind(), EnqueueErrorKind::ScopeEnded { .. }),
                "{error}"
            );
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn r18_destructors_of_a_dropped_future_are_refused() {
    static REFUSED: AtomicUsize = AtomicUsize::new(0);
    let log = logged_async(async |_| {
        let dropped = airlock::scope().run_infallible_async(async |_| {
            let _late = EnqueuesOnDrop(&REFUSED);
            std::future::pending::<()>().await;
        });
        let mut dropped = Box::pin(dropped);
        airlock::scope()
            .run_infallible_async(async |other| {
                std::future::poll_fn(|cx| {
                    assert!(dropped.as_mut().poll(cx).is_pending());
                    std::task::Poll::Ready(())
                })
                .await;
                drop(dropped);
                assert!(other.is_empty());
            })
            .await
            .expect("it succeeds");
    });
    assert!(log.is_empty());
    assert_eq!(REFUSED.load(Ordering::SeqCst), 1);
}

/// Uses nested scopes and local policies, and yields between all steps. Many such tasks run concurrently.
async fn task(n: u32) -> u32 {
    let passes = allow_if(move |intent: &Intent| {
        intent
            .downcast_ref::<Mail>()
            .is_none_or(|mail| mail.n / 10 == n)
            && intent
                .downcast_ref::<Charge>()
                .is_none_or(|charge| charge.n / 10 == n)
    });
    let ended = airlock::scope()
        .policy(passes)
        .run_infallible_async(async |scope| {
            airlock::enqueue(mail(n * 10));
            tokio::task::yield_now().await;
            airlock::policy(block::<Charge>())
                .bind(async {
                    tokio::task::yield_now().await;
                    airlock::enqueue(charge(n * 10 + 1));
                    airlock::scope()
                        .run_infallible_async(async |inner| {
                            tokio::task::yield_now().await;
                            airlock::enqueue(mail(n * 10 + 2));
                            tokio::task::yield_now().await;
                            assert_eq!(inner.len(), 1);
                        })
                        .await
                        .expect("captured");
                    tokio::task::yield_now().await;
                })
                .await;
            airlock::enqueue(mail(n * 10 + 3));
            tokio::task::yield_now().await;
            assert_eq!(scope.len(), 4);
            let numbers: Vec<_> = scope.enqueued::<Mail>().iter().map(|mail| mail.n).collect();
            assert_eq!(numbers, [n * 10, n * 10 + 2, n * 10 + 3]);
        })
        .await
        .expect("it succeeds");
    assert_eq!(ended.report.dispatched().count(), 3);
    assert!(airlock::current().is_none());
    1
}

#[test]
fn r18_a_thousand_interleaved_futures_never_see_each_others_intents() {
    let log = Log::default();
    let airlock = airlock(&log);
    let done = block_on(async {
        let local = tokio::task::LocalSet::new();
        let tasks: Vec<_> = (0..1000)
            .map(|n| local.spawn_local(airlock.bind(task(n))))
            .collect();
        local.await;
        let mut done = 0;
        for task in tasks {
            done += task.await.expect("it ends");
        }
        done
    });
    assert_eq!((done, log.lines().len()), (1000, 3000));
    let log = Log::default();
    let airlock = crate::fixture::airlock(&log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build();
    let done = runtime.expect("a runtime starts").block_on(async {
        let tasks: Vec<_> = (0..1000)
            .map(|n| tokio::spawn(airlock.bind(task(n))))
            .collect();
        let mut done = 0;
        for task in tasks {
            done += task.await.expect("it ends");
        }
        done
    });
    assert_eq!((done, log.lines().len()), (1000, 3000));
}

#[test]
fn r18_guards_may_be_dropped_in_any_order() {
    let outer = airlock::scope().enter();
    let inner = airlock::scope().enter();
    drop(outer);
    assert_eq!(airlock::current().map(|scope| scope.id()), Some(inner.id()));
    drop(inner);
    assert!(airlock::current().is_none());
}

#[test]
fn r18_a_scoped_future_is_send_exactly_when_its_body_is() {
    fn is_send<T: Send>(_: &T) {}
    let work = airlock::scope().run_infallible_async(async |_| airlock::enqueue(mail(1)));
    is_send(&work);
    is_send(&task(1));
    is_send(&async { Ok::<_, airlock::FlushError>(()) }.in_scope(airlock::scope()));
    // A future that is not `Send` still compiles, and runs on the current thread.
    let log = logged_async(async |_| {
        let here = std::rc::Rc::new(7);
        airlock::scope()
            .run_infallible_async(async |_| {
                tokio::task::yield_now().await;
                airlock::enqueue(mail(*here))
            })
            .await
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 7"]);
}

#[test]
fn r19_core_depends_on_no_runtime_framework_or_database() {
    let manifest = include_str!("../../airlock-core/Cargo.toml");
    let (_, dependencies) = manifest.split_once("[dependencies]").expect("it has some");
    let (dependencies, _) = dependencies.split_once("\n[").expect("more follows");
    let names: Vec<_> = dependencies
        .lines()
        .filter_map(|line| line.split(['.', ' ']).next())
        .filter(|name| !name.is_empty())
        .collect();
    let allowed = [
        "foldhash",
        "inventory",
        "once_cell",
        "pin-project-lite",
        "serde",
        "serde_json",
        "stack_dst",
        "strsim",
        "thiserror",
        "tracing",
        "uuid",
    ];
    assert_eq!(names, allowed);
}

#[test]
fn r18_guards_may_leave_in_any_order_and_from_within_other_blocks() {
    let log = logged(|_| {
        // Flushed inside a local policy, which would otherwise make the guard's scope current again.
        let guard = airlock::scope().enter();
        airlock::policy(airlock::policy::allow_all())
            .run(move || guard.flush())
            .expect("it is empty");
        assert!(airlock::current().is_none());

        let (first, second) = (airlock::scope().enter(), airlock::scope().enter());
        drop(first);
        drop(second);
        assert!(airlock::current().is_none());

        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(mail(1)));
        ended.expect("nothing of the guards is left");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r18_a_scope_that_was_left_out_of_turn_can_be_entered_again() {
    let log = logged(|_| {
        let guard = airlock::scope().enter();
        let policy = airlock::policy(airlock::policy::allow_all()).enter();
        let open = guard.exit();
        drop(policy);
        assert!(airlock::current().is_none());
        open.enter(|| {
            drop(airlock::policy(airlock::policy::allow_all()).enter());
            airlock::enqueue(mail(1));
        });
        open.flush().expect("it succeeds");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r18_a_closure_that_returns_a_future_is_called_in_the_scope() {
    let log = logged_async(async |_| {
        airlock::scope()
            .run_infallible_async(async |outer| {
                airlock::scope()
                    .policy(airlock::policy::drop_all())
                    .run_infallible_async(|_| {
                        airlock::enqueue(mail(1));
                        async {}
                    })
                    .await
                    .expect("it succeeds");
                assert_eq!(outer.len(), 1); // Captured, together with its policy.
            })
            .await
            .expect("it succeeds");
    });
    assert!(log.is_empty(), "{log:?}");
}
