//! Draining work that never ends.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use airlock::intent::Cause;
use airlock::prelude::*;
use airlock::testing::{
    Assertions, Captured, DrainEntry, DrainError, Drained, all_in_order, capture,
};
use airlock::{Airlock, AirlockBuilder, Failure, Fate};

use crate::fixture::panic_of;

const MINUTE: Duration = Duration::from_secs(60);

/// Imports something, and polls again in a minute.
#[airlock::effect]
fn poll(n: u32) {
    airlock::enqueue(import(n));
    airlock::enqueue(poll(n + 1).detached().after(MINUTE));
}

#[airlock::effect]
fn import(n: u32) {
    let _ = n;
}

#[airlock::effect]
async fn poll_async(n: u32) {
    tokio::task::yield_now().await;
    airlock::enqueue(import(n));
    airlock::enqueue(poll_async(n + 1).detached().after(MINUTE));
}

/// Enqueues itself detached, without a delay.
#[airlock::effect]
fn spin() {
    airlock::enqueue(spin().detached());
}

/// Enqueues itself without `detached`.
#[airlock::effect]
fn poll_attached() {
    airlock::enqueue(poll_attached().after(MINUTE));
}

#[airlock::effect(retry(attempts = 2, delay = "40m", max_delay = "1h"))]
fn flaky(#[resource] attempts: &AtomicU32) -> Result<(), String> {
    attempts.fetch_add(1, Ordering::SeqCst);
    Err("not yet".to_owned())
}

#[airlock::effect]
fn refuse() -> Result<(), String> {
    Err("no luck".to_owned())
}

#[airlock::effect(once)]
fn open_till(key: Key) {
    let Key(_) = key;
}

#[derive(Debug, PartialEq)]
struct Key(u32);

#[airlock::effect(batch)]
fn index(orders: Vec<u32>) {
    drop(orders);
}

fn builder() -> AirlockBuilder {
    Airlock::builder()
        .resource(AtomicU32::new(0))
        .skip_resource_check()
}

fn airlock() -> Airlock {
    builder().build().expect("it builds")
}

fn polling() -> Captured<()> {
    capture(|| _ = airlock::enqueue(poll(0)))
}

fn due(drained: &Drained) -> Vec<Duration> {
    drained
        .left()
        .entries()
        .iter()
        .map(DrainEntry::at)
        .collect()
}

#[test]
fn a_drain_for_a_time_performs_what_is_due_at_its_end_and_leaves_the_rest() {
    let drained = polling()
        .drain_for(&airlock(), 2 * MINUTE)
        .expect("endless work is not an error");
    drained.assert_exactly(all_in_order![
        Poll { n: 0 },
        Import { n: 0 },
        Poll { n: 1 },
        Import { n: 1 },
        Poll { n: 2 },
        Import { n: 2 }
    ]);
    drained.left().assert_exactly(all_in_order![Poll { n: 3 }]);
    assert_eq!(due(&drained), [3 * MINUTE]);
    assert!(!drained.left().entries()[0].waits_for_retry());

    let none = polling().drain_for(&airlock(), Duration::ZERO);
    let none = none.expect("it ends at once");
    none.assert_exactly(all_in_order![Poll, Import]);
    let almost = polling().drain_for(&airlock(), MINUTE - Duration::from_nanos(1));
    almost
        .expect("it ends before the second")
        .assert_count::<Poll>(1);
}

#[test]
fn what_is_left_is_in_the_order_in_which_it_is_due() {
    let captured = capture(|| {
        for (n, minutes) in [(1, 9), (2, 7), (3, 0), (4, 7), (5, 8)] {
            airlock::enqueue(import(n).after(minutes * MINUTE));
        }
    });
    let drained = captured.drain_for(&airlock(), MINUTE).expect("one is due");
    drained.assert_exactly(all_in_order![Import { n: 3 }]);
    drained.left().assert_exactly(all_in_order![
        Import { n: 2 },
        Import { n: 4 },
        Import { n: 5 },
        Import { n: 1 }
    ]);
    assert_eq!(due(&drained), [7, 7, 8, 9].map(|n| n * MINUTE));
    assert_eq!(
        (drained.left().len(), drained.left().is_empty()),
        (4, false)
    );
}

#[test]
fn a_drain_that_finishes_leaves_nothing() {
    let captured = capture(|| airlock::enqueue(import(1).after(MINUTE)));
    let drained = captured.drain(&airlock()).expect("it finishes");
    drained.left().assert_nothing_enqueued();
}

#[test]
fn what_waits_to_be_tried_again_is_left_and_has_not_failed() {
    let unhandled = Arc::new(Mutex::new(Vec::new()));
    let strand = unhandled.clone();
    let airlock = builder()
        .on_unhandled_error(move |error| {
            let errors = &mut *strand.lock().expect("it is free");
            errors.push(error.to_string());
        })
        .build()
        .expect("it builds");
    let flaking = || {
        capture(|| {
            airlock::enqueue(import(1).after(41 * MINUTE));
            airlock::enqueue(flaky());
            airlock::enqueue(import(2));
        })
    };
    let drained = flaking()
        .drain_for(&airlock, 39 * MINUTE)
        .expect("nothing has failed for good");
    drained.assert_exactly(all_in_order![Import { n: 2 }]);
    drained
        .left()
        .assert_exactly(all_in_order![Flaky, Import { n: 1 }]);
    assert_eq!(due(&drained), [40 * MINUTE, 41 * MINUTE]);
    let left = drained.left().entries();
    assert!(left[0].waits_for_retry() && !left[1].waits_for_retry());
    assert!(matches!(left[0].fate(), Fate::Pending));
    let table = drained.to_string();
    assert!(table.contains("to be tried again at 2400s"), "{table}");
    assert!(table.contains("due at 2460s"), "{table}");
    assert_eq!(*unhandled.lock().expect("it is free"), [""; 0]);

    let error = flaking()
        .drain_for(&airlock, 40 * MINUTE)
        .expect_err("the second attempt fails too");
    assert!(matches!(error, DrainError::Failed { .. }), "{error:?}");
    assert_eq!(due(error.drained()), [41 * MINUTE]);
}

#[test]
fn what_is_left_of_a_once_effect_keeps_its_arguments() {
    let captured = capture(|| {
        airlock::enqueue(open_till(Key(7)).after(2 * MINUTE));
        airlock::enqueue(index(1).after(2 * MINUTE));
        airlock::enqueue(index(2).after(3 * MINUTE));
    });
    let drained = captured.drain_for(&airlock(), MINUTE).expect("none is due");
    drained.assert_nothing_enqueued();
    drained
        .left()
        .assert_enqueued::<OpenTill>(|it| it.key == Key(7));
    assert_eq!(due(&drained), [2, 2, 3].map(|n| n * MINUTE));
}

#[test]
fn a_drain_until_stops_when_its_predicate_holds_and_leaves_the_rest() {
    let mut asked = 0;
    let drained = polling()
        .drain_until(&airlock(), |so_far| {
            asked += 1;
            assert_eq!(so_far.performed(), asked);
            so_far.count::<Import>() == 3
        })
        .expect("the third import comes");
    assert_eq!(asked, 6);
    drained.assert_count::<Poll>(3);
    drained.assert_count::<Import>(3);
    drained.left().assert_exactly(all_in_order![Poll { n: 3 }]);
    assert_eq!(due(&drained), [3 * MINUTE]);
}

#[test]
fn a_predicate_sees_the_last_performance_the_time_and_all_before() {
    let drained = polling()
        .drain_until(&airlock(), |so_far| {
            let last = so_far.last();
            assert_eq!(last.len(), 1);
            assert_eq!(last[0].fate().word(), "dispatched");
            let found = last[0].get::<Poll>();
            found.is_some_and(|poll| poll.n == 2)
        })
        .expect("it comes");
    drained.assert_count::<Poll>(3);

    let drained = polling()
        .drain_until(&airlock(), |so_far| so_far.now() >= 5 * MINUTE)
        .expect("time passes");
    drained.assert_count::<Poll>(6);

    let drained = polling()
        .drain_until(&airlock(), |so_far| {
            so_far.assert_enqueued::<Poll>(|it| it.n == 0);
            Assertions::count::<Poll>(so_far) == so_far.count::<Poll>()
                && so_far.entries().len() == 5
        })
        .expect("it comes");
    drained.assert_count::<Poll>(3);

    let captured = capture(|| (0..3).for_each(|n| _ = airlock::enqueue(index(n))));
    let drained = captured
        .drain_until(&airlock(), |so_far| so_far.last().len() == 3)
        .expect("a batch is one call");
    drained.assert_count::<Index>(3);
}

#[test]
fn a_predicate_is_asked_about_failures_too() {
    let captured = capture(|| {
        airlock::enqueue(refuse());
        airlock::enqueue(poll(0));
    });
    let error = captured
        .drain_until(&airlock(), |so_far| {
            so_far.last()[0].fate().word() == "failed"
        })
        .expect_err("an effect failed");
    assert!(matches!(error, DrainError::Failed { .. }), "{error:?}");
    error.drained().left().assert_count::<Poll>(1);
}

#[test]
fn a_predicate_that_never_holds_is_an_error_that_names_the_line() {
    let captured = capture(|| airlock::enqueue(import(1)));
    let line = line!() + 1;
    let error = captured.drain_until(&airlock(), |so_far| so_far.count::<Import>() == 2);
    let error = error.expect_err("one is performed");
    let DrainError::NeverHeld { location, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((location.file(), location.line()), (file!(), line));
    let start = format!(
        "nothing is due any more, and the predicate of `drain_until` at {}:{line}:",
        file!()
    );
    let text = error.to_string();
    assert!(text.starts_with(&start), "{text}");
    assert!(text.ends_with(" never held"), "{text}");
    error.drained().assert_count::<Import>(1);

    // The predicate may never hold because an effect failed.
    let captured = capture(|| airlock::enqueue(refuse()));
    let error = captured
        .drain_until(&airlock(), |so_far| so_far.performed() == 1)
        .expect_err("none is performed");
    assert!(matches!(error.failure(), Some(Failure::Effect(_))));
    let text = error.to_string();
    let reason = "; drained effects failed: `testing.endless.refuse` (enqueued at ";
    assert!(text.contains(reason), "{text}");
    assert!(text.ends_with(": no luck"), "{text}");

    let captured = capture(|| airlock::enqueue(poll_async(0)));
    let error = captured.drain_until(&airlock(), |_| false);
    let text = error.expect_err("it is async").to_string();
    assert!(text.ends_with("need `drain_until_async`"), "{text}");

    let error = capture(|| ()).drain_until(&airlock(), |_| true);
    let error = error.expect_err("nobody has asked it");
    assert!(matches!(error, DrainError::NeverHeld { .. }), "{error:?}");
}

#[test]
fn endless_work_without_a_delay_ends_at_the_performance_limit() {
    let spinning = || capture(|| airlock::enqueue(spin())).performance_limit(50);
    let error = spinning().drain(&airlock()).expect_err("it never ends");
    assert!(matches!(error, DrainError::Endless { .. }), "{error:?}");
    let text = error.to_string();
    let start = "the drain does not finish: 50 intents were performed and more are due, such as testing.endless.spin, detached from testing.endless.spin #";
    assert!(text.starts_with(start), "{text}");
    assert!(
        text.ends_with("; drain work that is endless on purpose with `drain_for` or `drain_until`, or raise `performance_limit`"),
        "{text}"
    );
    error.drained().assert_count::<Spin>(50);
    error.drained().left().assert_count::<Spin>(1);

    let error = spinning().drain_for(&airlock(), MINUTE);
    let text = error.expect_err("no time passes").to_string();
    assert!(
        text.contains(", at 0ns of 60s; give endless work a delay, "),
        "{text}"
    );

    let line = line!() + 1;
    let error = spinning().drain_until(&airlock(), |so_far| so_far.count::<Spin>() == 51);
    let text = error.expect_err("it is one too many").to_string();
    let held = format!("`drain_until` at {}:{line}:", file!());
    assert!(
        text.contains(&held) && text.contains("has not held"),
        "{text}"
    );
    let drained = spinning()
        .drain_until(&airlock(), |so_far| so_far.count::<Spin>() == 50)
        .expect("it is just enough");
    drained.left().assert_count::<Spin>(1);
}

#[test]
fn the_performance_limit_is_that_of_what_is_due_within_the_time() {
    let limited = || polling().performance_limit(6);
    let drained = limited().drain_for(&airlock(), 2 * MINUTE);
    drained.expect("six are due").assert_count::<Poll>(3);
    let error = limited().drain_for(&airlock(), 3 * MINUTE);
    let error = error.expect_err("eight are due");
    let text = error.to_string();
    assert!(text.contains(", at 180s of 180s; "), "{text}");
}

#[test]
fn a_poller_that_is_not_detached_is_told_how_to_be() {
    let shallow = builder().depth_limit(3).build().expect("it builds");
    let error = capture(|| airlock::enqueue(poll_attached()))
        .drain_for(&shallow, 60 * MINUTE)
        .expect_err("its chain is too deep");
    assert!(matches!(error, DrainError::Endless { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("with `.detached()`"), "{text}");
    assert!(text.contains("`drain_for` and `drain_until`"), "{text}");

    let deep = builder().depth_limit(1_000).build().expect("it builds");
    let error = capture(|| airlock::enqueue(poll_attached()))
        .performance_limit(9)
        .drain(&deep)
        .expect_err("it never ends");
    let text = error.to_string();
    assert!(
        text.contains("enqueue it `.detached()` and drain it with `drain_for` or `drain_until`"),
        "{text}"
    );
}

#[tokio::test]
async fn async_effects_are_drained_for_a_time_and_until_a_predicate_holds() {
    fn sendable<F: Future + Send>(future: F) -> F {
        future
    }
    let airlock = airlock();
    let polling = || capture(|| _ = airlock::enqueue(poll_async(0)));
    let drained = sendable(polling().drain_for_async(&airlock, MINUTE)).await;
    let drained = drained.expect("endless work is not an error");
    drained.assert_exactly(all_in_order![PollAsync, Import, PollAsync, Import]);
    drained
        .left()
        .assert_exactly(all_in_order![PollAsync { n: 2 }]);

    let until = polling().drain_until_async(&airlock, |so_far| so_far.count::<Import>() == 4);
    let drained = sendable(until).await.expect("the fourth comes");
    drained.assert_count::<PollAsync>(4);

    let line = line!() + 1;
    let never = capture(|| ()).drain_until_async(&airlock, |_| true);
    let error = never.await.expect_err("nothing is due");
    let place = format!("{}:{line}:", file!());
    assert!(error.to_string().contains(&place), "{error}");
}

#[test]
fn a_detached_intent_says_where_it_came_from() {
    let drained = polling()
        .drain_for(&airlock(), MINUTE)
        .expect("endless work is not an error");
    let second = &drained.entries()[2];
    assert!(second.cause().is_none());
    let from = second.detached_from().expect("the first started it");
    assert_eq!(from.intent(), drained.entries()[0].id());
    assert_eq!(from.depth(), 1);
    drained.assert_enqueued::<Poll>(|it| it.n == 1 && it.info().detached_from().is_some());
    // Its own cascade starts from it, at depth 1.
    let imported = &drained.entries()[3];
    assert_eq!(imported.cause().map(Cause::depth), Some(1));

    let id = drained.entries()[0].id();
    let table = drained.to_string();
    let detached = format!("detached from testing.endless.poll {id}");
    assert_eq!(table.matches(&detached).count(), 1, "{table}");
    let text = panic_of(|| drained.assert_nothing_enqueued());
    assert_eq!(text.matches(&detached).count(), 1, "{text}");
}

#[test]
fn a_snapshot_shows_what_is_detached_and_left() {
    let drained = polling()
        .drain_for(&airlock(), MINUTE)
        .expect("endless work is not an error");
    insta::assert_snapshot!(drained.plain_in_full(), @"
    1 testing.endless.poll Poll { n: 0 }, scope 1, dispatched
    2 testing.endless.import Import { n: 0 }, caused by 1, dispatched
    3 testing.endless.poll Poll { n: 1 }, after 60s, detached from 1, dispatched
    4 testing.endless.import Import { n: 1 }, caused by 3, dispatched
    5 testing.endless.poll Poll { n: 2 }, after 60s, detached from 3, left
    ");
    insta::assert_snapshot!(drained.left().plain(), @"1 testing.endless.poll Poll { n: 2 }, after 60s, detached from testing.endless.poll");
}

#[cfg(feature = "serde")]
#[test]
fn a_snapshot_serialises_what_is_detached() {
    let drained = polling()
        .drain_for(&airlock(), Duration::ZERO)
        .expect("endless work is not an error");
    insta::assert_json_snapshot!(drained.left().plain(), @r#"
    [
      {
        "number": 1,
        "effect": "testing.endless.poll",
        "intent": "Poll { n: 1 }",
        "options": "after 60s",
        "detached_from": "testing.endless.poll"
      }
    ]
    "#);
}

#[test]
fn a_table_shows_when_what_is_left_is_due() {
    let drained = polling()
        .drain_for(&airlock(), 59 * MINUTE)
        .expect("endless work is not an error");
    let table = drained.to_string();
    let last = table.lines().last().unwrap_or_default();
    assert!(last.contains("Poll { n: 60 }    due at 3600s  "), "{table}");
    let left = format!("{:?}", drained.left());
    assert_eq!(left, "[Poll { n: 60 }: due at 3600s]");
    assert!(format!("{drained:?}").ends_with("Poll { n: 60 }: due at 3600s]"));
}

/// Draining takes time linear in the number of intents, because the predicate gets no copy.
#[test]
fn very_many_polls_are_drained() {
    let drained = polling()
        .performance_limit(100_000)
        .drain_until(&airlock(), |so_far| so_far.count::<Poll>() == 50_000)
        .expect("the last comes");
    let times = drained.entries().iter().map(DrainEntry::at);
    assert_eq!(times.max(), Some(49_999 * MINUTE));
}

#[test]
fn a_predicate_that_panics_ends_the_drain() {
    let text = panic_of(|| {
        _ = polling().drain_until(&airlock(), |_| panic!("it was wrong"));
    });
    assert_eq!(text, "it was wrong");
}
