//! Draining: performing the captured intents.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use airlock::executor::{Channel, Inline};
use airlock::policy::{allow_if, block, dedupe, no_reentry};
use airlock::prelude::*;
use airlock::testing::{Assertions, DrainError, TestScope, all_in_order, capture};
use airlock::{Airlock, Failure, Fate};
use airlock_test_support::Log;

use crate::fixture::{airlock, builder};

const HOUR: Duration = Duration::from_secs(3600);

#[airlock::effect(derive(PartialEq))]
fn note(#[resource] log: &Log, n: u32) {
    log.add(format!("note {n}"));
}

#[airlock::effect]
fn pay(#[resource] log: &Log, order: u32) {
    log.add(format!("pay {order}"));
    airlock::enqueue(remind(order).after(HOUR));
    airlock::enqueue(ship(order));
}

#[airlock::effect]
async fn ship(#[resource] log: &Log, order: u32) -> Result<(), String> {
    tokio::task::yield_now().await;
    log.add(format!("ship {order}"));
    airlock::enqueue(note(order));
    Ok(())
}

#[airlock::effect]
fn remind(#[resource] log: &Log, order: u32) {
    log.add(format!("remind {order}"));
}

#[airlock::effect]
fn refuse(#[resource] log: &Log, n: u32) -> Result<(), String> {
    log.add(format!("refuse {n}"));
    airlock::enqueue(note(n));
    Err(format!("no luck with {n}"))
}

#[airlock::effect]
fn again(n: u32) {
    airlock::enqueue(once_more(n));
}

#[airlock::effect]
fn once_more(n: u32) {
    airlock::enqueue(again(n));
}

#[airlock::effect]
fn two(n: u32) {
    airlock::enqueue(two(n + 1));
    airlock::enqueue(two(n + 2));
}

/// Succeeds on the third attempt.
#[airlock::effect(retry(attempts = 3, delay = "40m", factor = 1, max_delay = "1h"))]
fn flaky(#[resource] log: &Log, #[resource] attempts: &AtomicU32) -> Result<(), String> {
    let attempt = attempts.fetch_add(1, Ordering::SeqCst) + 1;
    log.add(format!("attempt {attempt}"));
    if attempt < 3 {
        Err("not yet".to_owned())
    } else {
        Ok(())
    }
}

#[airlock::effect(retry(attempts = 3, delay = "40m", factor = 1, max_delay = "1h"))]
async fn flaky_async(
    #[resource] log: &Log,
    #[resource] attempts: &AtomicU32,
) -> Result<(), String> {
    tokio::task::yield_now().await;
    let attempt = attempts.fetch_add(1, Ordering::SeqCst) + 1;
    log.add(format!("attempt {attempt}"));
    if attempt < 3 {
        Err("not yet".to_owned())
    } else {
        Ok(())
    }
}

#[airlock::effect(once)]
fn open_till(#[resource] log: &Log, key: TillKey) {
    log.add(format!("till {key:?}"));
}

#[derive(Debug)]
struct TillKey;

#[airlock::effect(batch)]
fn index(#[resource] log: &Log, orders: Vec<u32>) {
    log.add(format!("index {orders:?}"));
}

#[tokio::test]
async fn it_is_performed_with_its_cascades_in_virtual_time_until_it_finishes() {
    let log = Log::default();
    let captured = capture(|| {
        airlock::enqueue(note(9).run_at(SystemTime::now() + 2 * HOUR));
        airlock::enqueue(pay(7));
    });
    let drained = captured
        .drain_async(&airlock(&log))
        .await
        .expect("it finishes");
    assert_eq!(
        log.lines(),
        ["pay 7", "ship 7", "note 7", "remind 7", "note 9"]
    );
    drained.assert_exactly(all_in_order![
        Pay,
        Ship,
        Note { n: 7 },
        Remind { order: 7 },
        Note { n: 9 }
    ]);
    drained.assert_enqueued::<Note>(|it| {
        let chain = it
            .info()
            .cause()
            .map(|cause| cause.chain().map(|it| it.effect().name()).collect());
        it.n == 7 && chain == Some(vec!["ship", "pay"])
    });
    let times: Vec<_> = drained
        .entries()
        .iter()
        .map(airlock::testing::DrainEntry::at)
        .collect();
    assert_eq!(
        times[..4],
        [Duration::ZERO, Duration::ZERO, Duration::ZERO, HOUR]
    );
    assert!(times[4] > HOUR && times[4] <= 2 * HOUR, "{times:?}");
}

#[test]
fn what_is_due_earlier_is_performed_earlier() {
    let log = Log::default();
    let captured = capture(|| {
        for (n, hours) in [(1, 3), (2, 1), (3, 0), (4, 1)] {
            airlock::enqueue(note(n).after(hours * HOUR));
        }
    });
    captured.drain(&airlock(&log)).expect("it finishes");
    assert_eq!(log.lines(), ["note 3", "note 2", "note 4", "note 1"]);
}

#[test]
fn an_effect_that_waits_to_be_tried_again_lets_others_pass() {
    let log = Log::default();
    let airlock = builder(&log)
        .resource(AtomicU32::new(0))
        .build()
        .expect("it builds");
    let captured = capture(|| {
        airlock::enqueue(flaky());
        airlock::enqueue(note(1));
        airlock::enqueue(note(2).after(HOUR));
        airlock::enqueue(note(3).after(2 * HOUR));
    });
    let drained = captured
        .drain(&airlock)
        .expect("the third attempt succeeds");
    let expected = [
        "attempt 1",
        "note 1",
        "attempt 2",
        "note 2",
        "attempt 3",
        "note 3",
    ];
    assert_eq!(log.lines(), expected);
    drained.assert_exactly(all_in_order![
        Flaky,
        Note { n: 1 },
        Note { n: 2 },
        Note { n: 3 }
    ]);
}

#[tokio::test]
async fn an_async_effect_that_waits_to_be_tried_again_lets_others_pass() {
    let log = Log::default();
    let airlock = builder(&log)
        .resource(AtomicU32::new(0))
        .build()
        .expect("it builds");
    let captured = capture(|| {
        airlock::enqueue(flaky_async());
        airlock::enqueue(note(1));
        airlock::enqueue(note(2).after(HOUR));
        airlock::enqueue(ship(3).after(2 * HOUR));
    });
    captured
        .drain_async(&airlock)
        .await
        .expect("the third attempt succeeds");
    let expected = [
        "attempt 1",
        "note 1",
        "attempt 2",
        "note 2",
        "attempt 3",
        "ship 3",
        "note 3",
    ];
    assert_eq!(log.lines(), expected);
}

#[test]
fn very_many_that_wait_to_be_tried_again_do_not_exhaust_the_stack() {
    let log = Log::default();
    let airlock = builder(&log)
        .resource(AtomicU32::new(0))
        .build()
        .expect("it builds");
    let captured = capture(|| (0..9_000).for_each(|_| _ = airlock::enqueue(flaky())));
    let drained = captured.drain(&airlock).expect("two attempts fail in all");
    drained.assert_count::<Flaky>(9_000);
    assert_eq!(log.lines().len(), 9_002);
}

#[test]
fn a_stub_stands_in_for_a_body_and_needs_nothing_of_what_the_body_needs() {
    let stubbed = Arc::new(Mutex::new(Vec::new()));
    let seen = stubbed.clone();
    let bare = Airlock::builder()
        .skip_resource_check()
        .build()
        .expect("it builds");
    let drained = capture(|| airlock::enqueue(pay(7)))
        .stub::<Pay>(|pay| {
            airlock::enqueue(ship(pay.order));
            airlock::enqueue(index(1));
            airlock::enqueue(index(2));
            Ok(())
        })
        .stub::<Ship>(move |ship| {
            seen.lock().expect("it is free").push(ship.order);
            Ok(())
        })
        .stub::<Index>(|_| Ok(()))
        .drain(&bare)
        .expect("every body is stubbed, the async one too");
    drained.assert_exactly(all_in_order![
        Pay,
        Ship { order: 7 },
        Index { orders: 1 },
        Index { orders: 2 }
    ]);
    assert!(
        drained
            .entries()
            .iter()
            .all(airlock::testing::DrainEntry::is_stubbed)
    );
    assert_eq!(*stubbed.lock().expect("it is free"), [7]);
}

#[test]
fn a_stub_that_fails_is_tried_again_and_fails_as_the_body_would() {
    let bare = Airlock::builder()
        .skip_resource_check()
        .build()
        .expect("it builds");
    let attempts = Arc::new(AtomicU32::new(0));
    let counting = attempts.clone();
    let error = capture(|| airlock::enqueue(flaky()))
        .stub::<Flaky>(move |_| {
            counting.fetch_add(1, Ordering::SeqCst);
            Err("declined".into())
        })
        .drain(&bare)
        .expect_err("it fails");
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
    assert!(format!("{error:?}").contains("declined"), "{error:?}");
}

#[test]
fn a_stub_of_a_batch_effect_is_asked_about_each_intent_behind_one_that_fails_too() {
    let log = Log::default();
    let stubbed = log.clone();
    let error = capture(|| (1..=4).for_each(|n| _ = airlock::enqueue(index(n))))
        .stub::<Index>(move |index| {
            stubbed.add(format!("index {}", index.orders));
            match index.orders % 2 {
                0 => Err(format!("no place for {}", index.orders).into()),
                _ => Ok(()),
            }
        })
        .drain(&airlock(&log))
        .expect_err("two fail");
    assert_eq!(log.lines(), ["index 1", "index 2", "index 3", "index 4"]);
    assert!(error.to_string().contains("no place for 2"), "{error}");
}

#[test]
fn of_many_failures_the_error_tells_the_first_and_its_reason() {
    let bare = Airlock::builder().skip_resource_check();
    let captured = capture(|| (1..=3).for_each(|n| _ = airlock::enqueue(note(n))));
    let error = captured
        .drain(&bare.build().expect("it builds"))
        .expect_err("nobody has supplied the log");
    let text = error.to_string();
    assert_eq!(text.matches("testing.drain.note").count(), 1, "{text}");
    assert!(text.contains("Log"), "{text}");
    assert!(text.contains(", and 2 more: "), "{text}");
}

#[test]
fn a_failure_is_an_error_and_does_not_stop_the_others() {
    let log = Log::default();
    let captured = capture(|| {
        airlock::enqueue(refuse(1));
        airlock::enqueue(note(2));
    });
    let error = captured.drain(&airlock(&log)).expect_err("one fails");
    assert_eq!(log.lines(), ["refuse 1", "note 2"]);
    assert!(
        matches!(error.failure(), Some(Failure::Effect(source)) if source.to_string() == "no luck with 1")
    );
    let text = error.to_string();
    assert!(
        text.starts_with(
            "drained effects failed: `testing.drain.refuse` (enqueued at tests/testing/drain.rs:"
        ),
        "{text}"
    );
    // An intent that the failed effect enqueued is discarded, and shown.
    let fates: Vec<_> = error
        .drained()
        .entries()
        .iter()
        .map(|it| it.fate().word())
        .collect();
    assert_eq!(fates, ["failed", "discarded", "dispatched"]);
    error.drained().assert_exactly(all_in_order![Note { n: 2 }]);
}

#[test]
fn an_async_effect_in_a_sync_drain_says_what_to_call() {
    let log = Log::default();
    let error = capture(|| airlock::enqueue(ship(1)))
        .drain(&airlock(&log))
        .expect_err("it is async");
    assert!(
        error
            .to_string()
            .ends_with("async effects need `drain_async`"),
        "{error}"
    );
}

#[test]
fn an_endless_cascade_is_an_error_that_prints_the_chain() {
    let bare = || Airlock::builder().skip_resource_check();
    let shallow = bare().depth_limit(3).build().expect("it builds");
    let error = capture(|| airlock::enqueue(again(1)))
        .drain(&shallow)
        .expect_err("it is endless");
    assert!(matches!(error, DrainError::Endless { .. }));
    let text = error.to_string();
    assert!(
        text.contains("the cascade is deeper than 3 effects: testing.drain.again #"),
        "{text}"
    );
    assert!(text.contains(" -> testing.drain.once_more #"), "{text}");
    error.drained().assert_count::<Again>(2);

    let deep = bare().depth_limit(1_000).build().expect("it builds");
    let captured = capture(|| airlock::enqueue(two(0))).performance_limit(50);
    let error = captured.drain(&deep).expect_err("it grows without end");
    let text = error.to_string();
    assert!(
        text.contains("50 intents were performed and more are due, such as testing.drain.two #"),
        "{text}"
    );
    error.drained().assert_count::<Two>(50);
}

#[test]
fn policies_that_the_intents_have_passed_judge_first_and_hold_for_the_cascade() {
    let log = Log::default();
    let captured = airlock::policy(block::<Remind>()).run(|| {
        capture(|| {
            airlock::scope()
                .policy(allow_if(|intent| {
                    !intent.is::<Note>() || intent.cause().is_none()
                }))
                .run_infallible(|_| airlock::enqueue(pay(1)))
                .expect("it is captured");
            let local = airlock::policy(dedupe());
            local.run(|| (0..2).for_each(|_| _ = airlock::enqueue(note(5).with_key(5))));
            airlock::enqueue(note(6).on_failure());
        })
    });
    assert_eq!(captured.len(), 4);
    let captured = captured.stub::<Ship>(|ship| {
        airlock::enqueue(note(ship.order));
        Ok(())
    });
    let drained = captured.drain(&airlock(&log)).expect("it finishes");
    assert_eq!(log.lines(), ["pay 1", "note 5"]);
    let dropped = drained
        .entries()
        .iter()
        .filter(|it| matches!(it.fate(), Fate::Dropped(_)));
    assert_eq!(dropped.count(), 3, "{drained}");
    assert_eq!(drained.entries()[1].fate().word(), "not due", "{drained}");
}

#[test]
fn a_policy_breaks_a_loop_in_a_drain_as_it_would_elsewhere() {
    let log = Log::default();
    let captured = airlock::policy(no_reentry()).run(|| capture(|| airlock::enqueue(again(1))));
    captured
        .drain(&airlock(&log))
        .expect("it finishes")
        .assert_exactly(all_in_order![Again, OnceMore]);
    // The policy of the draining airlock applies, too. It is called once if the capture ran in that airlock.
    let careful = builder(&log)
        .policy(no_reentry())
        .build()
        .expect("it builds");
    let captured = careful.run(|| capture(|| airlock::enqueue(again(1))));
    captured
        .drain(&careful)
        .expect("it finishes")
        .assert_exactly(all_in_order![Again, OnceMore]);
}

#[test]
fn executors_that_are_named_do_not_take_anything() {
    let log = Log::default();
    let (channel, deliveries) = Channel::bounded(9);
    let captured = capture(|| {
        let named = airlock::scope().executor(channel);
        named
            .run_infallible(|_| airlock::enqueue(pay(1)))
            .expect("it is captured");
        let inline = airlock::scope().executor(Inline);
        inline
            .run_infallible(|_| airlock::enqueue(note(2)))
            .expect("it is captured");
    });
    let captured = captured.stub::<Ship>(|_| Ok(()));
    captured
        .drain(&airlock(&log))
        .expect("it finishes")
        .assert_count::<Remind>(1);
    assert!(deliveries.try_recv().is_err());
}

#[test]
fn intents_of_a_batch_effect_are_performed_by_one_call_and_once_effects_once() {
    let log = Log::default();
    let captured = capture(|| {
        airlock::enqueue(index(1));
        airlock::enqueue(open_till(TillKey));
        airlock::enqueue(index(2));
    });
    let drained = captured.drain(&airlock(&log)).expect("it finishes");
    assert_eq!(log.lines(), ["index [1, 2]", "till TillKey"]);
    drained.assert_count::<Index>(2);
    let till = &drained.entries()[2];
    assert_eq!(till.arguments(), "OpenTill { key: TillKey }");
    assert!(till.get::<OpenTill>().is_none());
}

#[airlock::test(strict)]
fn a_test_can_drain_what_it_has_enqueued(scope: &TestScope) {
    let log = Log::default();
    airlock::enqueue(note(1));
    let drained = scope.take().drain(&airlock(&log)).expect("it finishes");
    drained.assert_exactly(all_in_order![Note { n: 1 }]);
    scope.assert_nothing_enqueued();
    airlock::enqueue(note(2));
    scope.take().assert_enqueued_eq(&note(2));
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn an_effects_timeout_is_measured_by_the_airlocks_timer() {
    #[airlock::effect(timeout = "5s")]
    async fn hang() {
        std::future::pending::<()>().await;
    }
    let builder = Airlock::builder()
        .timer(airlock::tokio::TokioTimer)
        .skip_resource_check();
    let airlock = builder.build().expect("it builds");
    let error = capture(|| airlock::enqueue(hang()))
        .drain_async(&airlock)
        .await;
    let error = error.expect_err("it hangs");
    assert!(
        matches!(error.failure(), Some(Failure::TimedOut { .. })),
        "{error:?}"
    );
}
