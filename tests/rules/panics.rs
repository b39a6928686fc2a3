//! Panics and cancellation: each place, with its stated outcome.

use std::sync::{Arc, Mutex};

use airlock::lifecycle::AlwaysFlush;
use airlock::policy::{Policy, Veto};
use airlock::{Failure, FailureMode, Intent, Scope};

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
        fn at_enqueue(&self, _: &Intent, _: &Scope) -> Result<(), Veto> {
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
                // The mark that a policy is judging is gone: this reaches the policy again.
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

/// Runs its future's first polls, then drops it.
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
fn a_boundary_cancelled_at_any_await_says_what_was_dispatched_and_hands_back_the_rest() {
    // The body awaits once, and so does each of the two effects. Cancelled after n polls:
    let outcomes = [
        (1, vec![], vec!["ship discarded", "ship discarded"], 0),
        (2, vec![], vec!["ship failed", "ship not reached"], 2),
        (3, vec!["ship 1"], vec!["ship dispatched", "ship failed"], 1),
    ];
    for (polls, ran, expected, handed_back) in outcomes {
        let reports = Arc::new(Mutex::new(Vec::new()));
        let stranded = Arc::new(Mutex::new(0));
        let (seen, kept) = (reports.clone(), stranded.clone());
        let log = Log::default();
        let airlock = builder(&log)
            .on_report(move |report| seen.lock().expect("no panic").push(fates(report)))
            .on_stranded(move |error| *kept.lock().expect("no panic") += error.into_intents().len())
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
            *stranded.lock().expect("no panic"),
            handed_back,
            "after {polls} polls"
        );
    }
}
