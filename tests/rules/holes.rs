//! The eleven known holes of the ancestor, airlock-py: each must stay closed.

use std::sync::{Arc, Mutex};

use airlock::executor::Recorder;
use airlock::policy::{Policy, Verdict, assert_no_effects, block, drop_all};
use airlock::{Failure, Intent, try_enqueue};

use crate::fixture::{fail, fates, logged, logged_async, mail, order, ship};

#[test]
fn hole_01_a_nested_drop_all_holds_when_its_scope_is_captured() {
    let log = logged(|_| {
        airlock::scope()
            .run_infallible(|_| {
                let nested = airlock::scope().policy(drop_all());
                nested
                    .run_infallible(|_| airlock::enqueue(mail(1)))
                    .expect("captured");
            })
            .expect("dropped");
    });
    assert!(log.is_empty());
}

#[test]
fn hole_02_assert_no_effects_reaches_code_that_opens_its_own_scope() {
    logged(|_| {
        airlock::scope()
            .policy(assert_no_effects())
            .run_infallible(|_| {
                let nested = airlock::scope().run_infallible(|_| try_enqueue(mail(1)).is_err());
                assert!(nested.expect("nothing was enqueued").value);
            })
            .expect("nothing was enqueued");
    });
}

#[test]
fn hole_03_a_local_assert_no_effects_raises() {
    airlock::scope()
        .run_infallible(|_| {
            airlock::policy(assert_no_effects()).run(|| {
                assert!(try_enqueue(mail(1)).is_err());
            });
        })
        .expect("nothing was enqueued");
}

#[test]
fn hole_04_one_failing_effect_loses_nothing_behind_it() {
    let log = logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(fail(1));
                airlock::enqueue(mail(2));
            })
            .expect_err("one fails");
        let returned = error.into_intents();
        airlock::scope()
            .run_infallible(|_| {
                for intent in returned.into_iter().skip(1) {
                    airlock::enqueue(intent);
                }
            })
            .expect("the rest succeeds");
    });
    assert_eq!(log, ["fail 1", "mail 2"]);
}

#[test]
fn hole_05_a_policy_that_panics_in_a_flush_loses_nothing() {
    struct Broken;
    impl Policy for Broken {
        fn at_flush(&self, intent: &Intent) -> Verdict {
            assert!(!format!("{intent:?}").contains("n: 2"), "I do not like 2");
            Verdict::Allow
        }
    }
    let log = logged(|_| {
        let error = airlock::scope()
            .policy(Broken)
            .run_infallible(|_| (1..=3).for_each(|n| _ = airlock::enqueue(mail(n))))
            .expect_err("the policy panics");
        assert_eq!(
            fates(error.report()),
            ["mail not reached", "mail failed", "mail not reached"]
        );
        assert!(
            matches!(error.failure(), Some(Failure::PolicyPanicked { message, .. }) if message.contains("I do not like 2"))
        );
        assert_eq!(error.into_intents().len(), 3);
    });
    assert!(log.is_empty());
}

#[test]
fn hole_06_an_effect_may_enqueue_while_it_is_performed() {
    let log = logged(|_| {
        airlock::scope()
            .run_infallible(|_| airlock::enqueue(order(1)))
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn hole_07_an_async_effect_is_awaited_or_a_clear_error() {
    let log = logged_async(async |_| {
        airlock::scope()
            .run_infallible_async(async |_| airlock::enqueue(ship(1)))
            .await
            .expect("awaited");
        let error = airlock::scope()
            .run_infallible(|_| airlock::enqueue(ship(2)))
            .expect_err("a sync flush cannot await");
        assert!(matches!(error.failure(), Some(Failure::NeedsAwait)));
        assert_eq!(error.into_intents().len(), 1);
    });
    assert_eq!(log, ["ship 1"]);
}

#[airlock::effect]
fn collect(#[resource] log: &crate::fixture::Log, items: Vec<u32>) {
    log.add(format!("{items:?}"));
}

#[test]
fn hole_08_arguments_are_values() {
    let log = logged(|_| {
        let mut items = vec![1];
        airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(collect(items.clone()));
                items.push(2);
            })
            .expect("it succeeds");
        assert_eq!(items, [1, 2]);
    });
    assert_eq!(log, ["[1]"]);
}

#[test]
fn hole_09_a_misspelt_name_in_a_block_list_does_not_pass_in_silence() {
    assert!(block::<()>().id("send_emial").is_err());
}

#[test]
fn hole_10_a_suspended_future_does_not_leak_its_scope() {
    let log = logged_async(async |_| {
        let (resume, waits) = tokio::sync::oneshot::channel::<()>();
        let suspended = airlock::scope().run_infallible_async(async |_| {
            // A guard held across an await stays with its future.
            let guard = airlock::scope().enter();
            airlock::enqueue(mail(1));
            waits.await.expect("resumed");
            airlock::enqueue(mail(2));
            guard.flush().expect("captured");
        });
        let mut suspended = Box::pin(suspended);
        std::future::poll_fn(|cx| {
            assert!(suspended.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        assert!(airlock::current().is_none());
        assert!(try_enqueue(mail(9)).is_err());
        resume.send(()).expect("it waits");
        suspended.await.expect("it succeeds");
    });
    assert_eq!(log, ["mail 1", "mail 2"]);
}

#[test]
fn hole_11_a_nested_scopes_executor_survives_capture() {
    let recorder = Recorder::new();
    let seen = Arc::new(Mutex::new(0));
    let log = logged(|_| {
        airlock::scope()
            .run_infallible(|_| {
                let nested = airlock::scope().executor(recorder.clone());
                nested
                    .run_infallible(|_| airlock::enqueue(mail(1)))
                    .expect("captured");
                *seen.lock().expect("no panic") = recorder.len();
            })
            .expect("recorded");
    });
    assert!(log.is_empty());
    assert_eq!((*seen.lock().expect("no panic"), recorder.len()), (0, 1));
}
