//! The assertions of the testing kit, and the types that provide them.

use std::time::Duration;

use airlock::executor::Recorder;
use airlock::intent::{FireOn, Schedule};
use airlock::prelude::*;
use airlock::testing::{Assertions, all_in_order, capture};
use airlock::{FlushError, Key, Origin};

use crate::fixture::{Charge, KeepCard, SendMail, charge, checkout, keep_card, mail, panic_of};

#[test]
fn options_causes_and_origins_are_looked_at_as_fields_are() {
    let captured = capture(|| -> Result<(), FlushError> {
        let origin = Origin::new("POST /orders/{id}");
        airlock::scope().origin(origin).run(|_| checkout(1))?;
        airlock::enqueue(mail("ada").on_queue("slow").with_priority(-3));
        airlock::enqueue(
            mail("bob")
                .with_key(("order", 7))
                .after(Duration::from_secs(5)),
        );
        airlock::enqueue(mail("eve").on_failure());
        Ok(())
    });
    captured.assert_enqueued::<SendMail>(|it| {
        it.info().queue() == Some("slow") && it.info().priority() == Some(-3)
    });
    captured.assert_enqueued::<SendMail>(|it| {
        it.to == "bob"
            && it.key() == Some(Key::Tuple(vec![Key::Text("order".into()), Key::Number(7)]))
            && it.info().schedule() == Schedule::After(Duration::from_secs(5))
    });
    captured
        .assert_enqueued::<SendMail>(|it| it.info().fire_on() == FireOn::Failure && it.to == "eve");
    captured.assert_enqueued::<Charge>(|it| {
        it.info().is_captured()
            && it
                .info()
                .origin()
                .is_some_and(|origin| origin.to_string().starts_with("POST"))
    });
    captured.assert_not_enqueued::<SendMail>(|it| it.info().cause().is_some());
    captured.assert_any(|seen| seen.queue() == Some("slow") && seen.is::<SendMail>());
}

#[test]
fn an_equal_intent_is_found() {
    let captured = capture(|| {
        airlock::enqueue(charge(7, 100));
        airlock::enqueue(keep_card(7, "4711".to_owned()));
    });
    captured.assert_enqueued_eq(&charge(7, 100));
    captured.assert_enqueued_eq(&keep_card(7, "4711".to_owned()));
}

#[test]
fn the_order_is_asserted_with_gaps_or_without() {
    let captured = capture(|| {
        checkout(1).expect("it succeeds");
        checkout(2).expect("it succeeds");
    });
    captured.assert_order(all_in_order![
        Charge { order: 1, .. },
        Charge { order: 2, .. }
    ]);
    captured.assert_order(all_in_order![]);
    captured.assert_exactly(all_in_order![
        Charge,
        SendMail,
        Charge { cents: 1..=100, .. },
        crate::fixture::SendMail
    ]);
    let nothing = capture(|| {});
    nothing.assert_exactly(all_in_order![]);
    nothing.assert_nothing_enqueued();
}

#[test]
fn a_scope_a_guard_a_recorder_and_a_report_take_the_same_assertions() {
    let recorder = Recorder::new();
    let scope = airlock::scope().executor(recorder.clone()).enter();
    checkout(7).expect("it succeeds");
    scope.assert_enqueued::<Charge>(|it| it.order == 7);
    scope.assert_exactly(all_in_order![Charge, SendMail { .. }]);
    airlock::current()
        .expect("it is open")
        .assert_count::<SendMail>(1);
    let report = scope.flush().expect("it is recorded");
    recorder.assert_exactly(all_in_order![Charge { order: 7, .. }, SendMail]);
    assert_eq!(recorder.enqueued::<Charge>().len(), 1);
    report.assert_exactly(all_in_order![Charge, SendMail]);
    report.assert_count::<KeepCard>(0);
    report.assert_any(|seen| seen.fate().word() == "dispatched");
}

#[test]
#[should_panic(
    expected = "the closure of an assertion or of `Scope::inspect` is already inspecting a scope"
)]
fn an_assertion_within_the_closure_of_another_on_a_scope_is_refused() {
    let scope = airlock::scope().enter();
    airlock::enqueue(mail("ada"));
    scope.assert_enqueued::<SendMail>(|_| scope.count::<SendMail>() == 1);
}

#[test]
fn an_assertion_within_the_closure_of_another_on_a_recorder_is_refused() {
    let recorder = Recorder::new();
    let recording = airlock::scope().executor(recorder.clone());
    let ended = recording.run_infallible(|_| checkout(7).expect("it is captured"));
    ended.expect("it is recorded");
    let refused = panic_of(|| {
        recorder.assert_enqueued::<Charge>(|_| recorder.count::<SendMail>() == 1);
    });
    assert!(
        refused.contains("is already inspecting this recorder"),
        "{refused}"
    );
    let refused = panic_of(|| {
        recorder.assert_enqueued::<Charge>(|_| Assertions::count::<SendMail>(&recorder) == 1);
    });
    assert!(
        refused.contains("is already inspecting this recorder"),
        "{refused}"
    );
    // Another recorder may be inspected meanwhile, and this one again afterwards.
    let other = Recorder::new();
    recorder.assert_enqueued::<Charge>(|_| other.is_empty());
    assert_eq!(recorder.len(), 2);
}
