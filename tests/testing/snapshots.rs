//! Snapshots with insta: the stable text of captures, drains and reports.

use std::time::{Duration, SystemTime};

use airlock::policy::block;
use airlock::prelude::*;
use airlock::testing::{Assertions, Captured, capture};
use airlock::{Airlock, Origin};

use crate::fixture::{Charge, charge, checkout, keep_card, mail};

#[airlock::effect]
fn settle_up(order: u64) {
    airlock::enqueue(charge(order, 1));
    airlock::enqueue(mail("ada").after(Duration::from_secs(60)));
}

fn shop() -> Captured<()> {
    capture(|| {
        airlock::enqueue(keep_card(7, "4711".to_owned()));
        let request = airlock::scope().origin(Origin::new("POST /orders/{id}"));
        request.run(|_| checkout(7)).expect("it is captured");
        airlock::enqueue(
            mail("bob")
                .on_queue("slow")
                .with_key(("order", 7))
                .after(Duration::from_secs(5)),
        );
        airlock::enqueue(
            mail("eve")
                .run_at(SystemTime::now())
                .with_priority(1)
                .on_failure(),
        );
        airlock::enqueue(settle_up(8));
    })
}

#[test]
fn what_was_captured_is_stable_text() {
    insta::assert_snapshot!(shop().plain(), @r#"
    1 testing.fixture.keep_card KeepCard { order: 7, card: <redacted> }, scope 1
    2 testing.fixture.charge Charge { order: 7, cents: 100 }, from POST /orders/{id}, scope 2
    3 testing.fixture.send_mail SendMail { to: "ada", subject: "Hello" }, from POST /orders/{id}, scope 2
    4 testing.fixture.send_mail SendMail { to: "bob", subject: "Hello" }, after 5s, queue slow, key order/7, scope 1
    5 testing.fixture.send_mail SendMail { to: "eve", subject: "Hello" }, at a set time, priority 1, on failure, scope 1
    6 testing.snapshots.settle_up SettleUp { order: 8 }, scope 1
    "#);
    assert_eq!(shop().plain(), shop().plain());
}

#[test]
fn what_was_drained_shows_its_cascades_and_fates() {
    let airlock = Airlock::builder()
        .skip_resource_check()
        .build()
        .expect("it builds");
    let captured = airlock::policy(block::<Charge>()).run(shop);
    let drained = captured.drain(&airlock).expect("it finishes");
    insta::assert_snapshot!(drained.plain_in_full(), @r#"
    1 testing.fixture.charge Charge { order: 7, cents: 100 }, from POST /orders/{id}, scope 1, dropped by block(testing.fixture.charge)
    2 testing.fixture.send_mail SendMail { to: "eve", subject: "Hello" }, at a set time, priority 1, on failure, scope 2, not due
    3 testing.fixture.keep_card KeepCard { order: 7, card: <redacted> }, scope 2, dispatched
    4 testing.fixture.send_mail SendMail { to: "ada", subject: "Hello" }, from POST /orders/{id}, scope 1, dispatched
    5 testing.snapshots.settle_up SettleUp { order: 8 }, scope 2, dispatched
    6 testing.fixture.charge Charge { .. }, caused by 5, dropped by block(testing.fixture.charge)
    7 testing.fixture.send_mail SendMail { to: "bob", subject: "Hello" }, after 5s, queue slow, key order/7, scope 2, dispatched
    8 testing.fixture.send_mail SendMail { to: "ada", subject: "Hello" }, after 60s, caused by 5, dispatched
    "#);
}

#[test]
fn a_report_is_stable_text_too() {
    let ended = airlock::scope().run_infallible(|scope| {
        airlock::enqueue(settle_up(8));
        let inner = airlock::scope().run_infallible(|_| airlock::enqueue(mail("ada").with_key(1)));
        insta::assert_snapshot!(inner.expect("it is captured").report.plain(), @"1 testing.fixture.send_mail, key 1, scope 1, captured by scope 2");
        airlock::enqueue(mail("ada").with_key(1));
        scope.len()
    });
    // The inline executor refuses the delayed mail that the effect enqueues.
    let error = ended.expect_err("a cascade asks for a delay");
    insta::assert_snapshot!(error.report().plain(), @"
    1 testing.snapshots.settle_up, scope 1, failed: the effect panicked: cannot enqueue `testing.fixture.send_mail` at tests/testing/snapshots.rs: the executor `inline` cannot take it: it performs effects when the scope ends and cannot delay them; use an executor that can, such as `airlock::tokio::Spawn`
    2 testing.fixture.send_mail, key 1, scope 2, coalesced into 3
    3 testing.fixture.send_mail, key 1, scope 1, not reached
    4 testing.fixture.charge, caused by 1, discarded
    ");
}

#[cfg(feature = "serde")]
#[test]
fn it_serialises_without_what_is_empty() {
    let captured = capture(|| {
        airlock::enqueue(keep_card(7, "4711".to_owned()));
        airlock::enqueue(mail("bob").on_queue("slow"));
    });
    insta::assert_json_snapshot!(captured.plain(), @r#"
    [
      {
        "number": 1,
        "effect": "testing.fixture.keep_card",
        "intent": "KeepCard { order: 7, card: <redacted> }",
        "scope": 1
      },
      {
        "number": 2,
        "effect": "testing.fixture.send_mail",
        "intent": "SendMail { to: \"bob\", subject: \"Hello\" }",
        "options": "queue slow",
        "scope": 1
      }
    ]
    "#);
}
