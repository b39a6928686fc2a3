//! Panics: each place, with its documented outcome.

use airlock::lifecycle::AlwaysFlush;
use airlock::policy::{Policy, ScopeView, Veto};
use airlock::prelude::*;
use airlock::{Failure, FailureMode, Intent};

use crate::fixture::{
    Log, block_on, builder, charge, fates, logged, logged_async, mail, panic_of, ship,
};

#[airlock::effect]
fn explode(n: u32) {
    panic!("explosion {n}");
}

#[airlock::effect]
async fn explode_async(text: String) -> Result<(), String> {
    tokio::task::yield_now().await;
    panic!("explosion {text}");
}

#[airlock::effect]
fn explode_with(text: String) {
    panic!("explosion {text}");
}

#[test]
fn a_panic_in_an_effect_is_a_failure_of_its_intent() {
    let log = logged_async(async |_| {
        let error = airlock::scope()
            .failure_mode(FailureMode::CarryOn)
            .run_infallible_async(async |_| {
                airlock::enqueue(explode(1));
                airlock::enqueue(explode_async("two".to_owned()));
                airlock::enqueue(mail(3));
            })
            .await
            .expect_err("two panic");
        assert_eq!(
            fates(error.report()),
            ["explode failed", "explode_async failed", "mail dispatched"]
        );
        assert!(
            matches!(error.failure(), Some(Failure::Panicked { message }) if message == "explosion 1")
        );
        assert_eq!(error.into_intents().len(), 2);
    });
    assert_eq!(log, ["mail 3"]);
}

#[test]
fn an_effect_that_cannot_fail_but_panics_is_named_and_not_handed_back_if_its_arguments_cost_a_clone()
 {
    logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| airlock::enqueue(explode_with("x".to_owned())))
            .expect_err("it panics");
        assert!(error.to_string().contains("explode_with"), "{error}");
        assert!(error.into_intents().is_empty());
    });
}

#[test]
fn a_panic_in_a_body_goes_on_after_the_scope_has_ended() {
    let log = logged(|_| {
        let message = panic_of(|| {
            let _ = airlock::scope().lifecycle(AlwaysFlush).run_infallible(|_| {
                airlock::enqueue(mail(1));
                panic!("body");
            });
        });
        assert_eq!(message, "body");
        assert!(airlock::current().is_none());
    });
    assert_eq!(log, ["mail 1"]);
    let log = logged_async(async |_| {
        let work = async {
            let scope = airlock::scope().lifecycle(AlwaysFlush);
            let _ = scope
                .run_infallible_async(async |_| {
                    airlock::enqueue(ship(1));
                    tokio::task::yield_now().await;
                    panic!("body");
                })
                .await;
        };
        let mut work = Box::pin(work);
        let message = std::future::poll_fn(|cx| {
            let polled =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work.as_mut().poll(cx)));
            match polled {
                Ok(poll) => poll.map(|()| None),
                Err(panic) => std::task::Poll::Ready(panic.downcast_ref::<&str>().copied()),
            }
        })
        .await;
        assert_eq!(message, Some("body"));
        assert!(airlock::current().is_none());
    });
    assert_eq!(log, ["ship 1"]);
}

#[test]
fn a_panic_in_a_policy_at_enqueue_goes_to_the_caller_and_nothing_is_buffered() {
    struct Broken;
    impl Policy for Broken {
        fn at_enqueue(&self, _: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
            panic!("policy");
        }
    }
    logged(|_| {
        airlock::scope()
            .policy(Broken)
            .run_infallible(|scope| {
                let message = panic_of(|| {
                    airlock::enqueue(mail(1));
                });
                assert_eq!(message, "policy");
                assert!(scope.is_empty());
                // The flag that a policy is judging is cleared: this enqueue reaches the policy again.
                assert_eq!(panic_of(|| _ = airlock::enqueue(mail(2))), "policy");
            })
            .expect("nothing was enqueued");
    });
}

#[test]
fn a_policy_that_panics_in_a_flush_that_carries_on_holds_back_only_what_it_judges() {
    let log = logged(|_| {
        let error = airlock::scope()
            .failure_mode(FailureMode::CarryOn)
            .run_infallible(|_| {
                let broken = airlock::policy::allow_if(|_| panic!("policy"));
                airlock::policy(broken).run(|| {
                    airlock::enqueue(mail(1));
                    airlock::enqueue(mail(2));
                });
                airlock::enqueue(charge(3));
            })
            .expect_err("the policy panics");
        assert_eq!(
            fates(error.report()),
            ["mail failed", "mail not reached", "charge dispatched"]
        );
    });
    assert_eq!(log, ["charge 3"]);
}

#[test]
fn a_policy_that_panics_stops_the_flush_before_what_it_does_not_judge() {
    let log = logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(charge(1));
                let broken = airlock::policy::allow_if(|_| panic!("policy"));
                airlock::policy(broken).run(|| airlock::enqueue(mail(2)));
                airlock::enqueue(charge(3));
            })
            .expect_err("the policy panics");
        let expected = ["charge not reached", "mail failed", "charge not reached"];
        assert_eq!(fates(error.report()), expected);
        assert_eq!(error.into_intents().len(), 3);
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn an_executor_that_panics_or_does_nothing_loses_nothing() {
    struct Broken(bool);
    impl airlock::executor::Executor for Broken {
        fn dispatch(&self, _: &mut airlock::executor::Batch<'_>) {
            assert!(!self.0, "executor");
        }
    }
    for panics in [true, false] {
        let error = airlock::scope()
            .executor(Broken(panics))
            .run_infallible(|_| airlock::enqueue(mail(1)))
            .expect_err("left undone");
        let failure = error.failure().expect("one").to_string();
        assert!(
            failure.contains(if panics {
                "executor"
            } else {
                "without deciding"
            }),
            "{failure}"
        );
        assert_eq!(error.into_intents().len(), 1);
    }
}

#[test]
fn an_executor_that_panics_before_it_gives_a_future_loses_nothing() {
    struct Broken;
    impl airlock::executor::Executor for Broken {
        fn dispatch(&self, _: &mut airlock::executor::Batch<'_>) {
            panic!("executor");
        }
    }
    let error = block_on(
        airlock::scope()
            .executor(Broken)
            .run_infallible_async(async |_| airlock::enqueue(mail(1))),
    );
    let error = error.expect_err("left undone");
    assert!(matches!(error.failure(), Some(Failure::LeftUndone { .. })));
    assert_eq!(error.into_intents().len(), 1);
}

#[airlock::effect(key = lines[0])]
fn first_line(lines: Vec<u64>) {
    drop(lines);
}

#[test]
fn a_panic_in_a_key_is_a_failure_of_its_intent() {
    let log = logged(|_| {
        let error = airlock::scope()
            .failure_mode(FailureMode::CarryOn)
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::enqueue(first_line(vec![]));
                airlock::enqueue(first_line(vec![7]));
            })
            .expect_err("there is no first line");
        assert_eq!(
            fates(error.report()),
            [
                "mail dispatched",
                "first_line failed",
                "first_line dispatched"
            ]
        );
        assert_eq!(error.into_intents().len(), 1);
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn a_panic_in_a_key_stops_the_flush() {
    let log = logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::enqueue(first_line(vec![]));
                airlock::enqueue(first_line(vec![7]));
            })
            .expect_err("there is no first line");
        let expected = [
            "mail not reached",
            "first_line failed",
            "first_line not reached",
        ];
        assert_eq!(fates(error.report()), expected);
        assert_eq!(error.into_intents().len(), 3);
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn a_panic_in_a_lifecycle_ends_the_scope_as_the_default_would() {
    struct Broken;
    impl airlock::lifecycle::Lifecycle for Broken {
        fn end(&self, _: airlock::lifecycle::Outcome) -> airlock::lifecycle::Ending {
            panic!("lifecycle");
        }
    }
    let log = logged(|_| {
        let ended = airlock::scope()
            .lifecycle(Broken)
            .run_infallible(|_| airlock::enqueue(mail(1)));
        assert_eq!(
            fates(&ended.expect("it flushes").report),
            ["mail dispatched"]
        );
        let message = panic_of(|| {
            let _ = airlock::scope().lifecycle(Broken).run_infallible(|_| {
                airlock::enqueue(mail(2));
                panic!("body");
            });
        });
        assert_eq!(message, "body");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn a_panic_in_a_hook_costs_neither_the_error_nor_what_it_hands_back() {
    let log = Log::default();
    let airlock = builder(&log)
        .on_report(|_| panic!("on_report"))
        .on_unhandled_error(|_| panic!("on_unhandled_error"))
        .build()
        .expect("it builds");
    airlock.run(|| {
        let error = airlock::scope().run_infallible(|_| airlock::enqueue(crate::fixture::fail(1)));
        assert_eq!(error.expect_err("it fails").into_intents().len(), 1);
        let guard = airlock::scope().enter();
        airlock::enqueue(crate::fixture::fail(2).always());
        drop(guard); // Its error is unhandled.
    });
    assert_eq!(log.lines(), ["fail 1", "fail 2"]);
}

/// A value whose destructor panics, unless the thread is already unwinding.
#[derive(Clone)]
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "boom");
    }
}

#[airlock::effect(once)]
fn throw(grenade: Grenade) {
    std::mem::forget(grenade);
}

#[test]
fn a_destructor_of_arguments_that_panics_costs_nothing_else() {
    let log = logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| {
                airlock::policy(airlock::policy::drop_all()).run(|| {
                    airlock::enqueue(throw(Grenade)); // The policy drops it, then `Grenade` is dropped.
                });
                airlock::enqueue(crate::fixture::fail(1));
                airlock::enqueue(mail(2));
            })
            .expect_err("one fails");
        assert_eq!(
            fates(error.report()),
            ["throw dropped", "fail failed", "mail not reached"]
        );
        assert_eq!(error.into_intents().len(), 2);
    });
    assert_eq!(log, ["fail 1"]);
}

#[test]
fn a_policy_that_panics_while_a_destructor_enqueues_in_a_panic_does_not_abort() {
    struct Broken;
    impl Policy for Broken {
        fn at_enqueue(&self, _: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
            panic!("policy");
        }
    }
    struct Enqueues;
    impl Drop for Enqueues {
        fn drop(&mut self) {
            airlock::enqueue(mail(1));
        }
    }
    let message = panic_of(|| {
        let _ = airlock::scope().policy(Broken).run_infallible(|_| {
            let _enqueues = Enqueues;
            panic!("body");
        });
    });
    assert_eq!(message, "body");
}
