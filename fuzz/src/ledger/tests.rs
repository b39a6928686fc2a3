//! The ledger detects each way in which a promise can be broken.

use super::Event::{Accepted, Begun, HandedBack, HandedOver, Lost, Offered, Succeeded};
use super::{Event, Fate, Reporter, check};
use crate::program::Kind;

fn told(word: &'static str) -> Event {
    shown(word, None, Reporter::Flush)
}

fn shown(word: &'static str, failure: Option<&'static str>, by: Reporter) -> Event {
    let fate = Fate { word, failure };
    Event::Reported {
        intent: 0,
        fate,
        by,
    }
}

#[track_caller]
fn passes(events: &[Event]) {
    assert_eq!(check(events, &[Kind::Fallible]), Ok(()));
}

#[track_caller]
fn fails(events: &[Event], rule: &str) {
    let violation = check(events, &[Kind::Fallible]).expect_err("a promise is broken");
    assert_eq!(violation.rule, rule);
}

#[test]
fn what_is_performed_once_and_told_is_in_order() {
    passes(&[Accepted(0), Begun(0), Succeeded(0), told("dispatched")]);
    passes(&[
        Accepted(0),
        told("captured"),
        told("captured"),
        told("dropped"),
    ]);
    passes(&[
        Accepted(0),
        Begun(0),
        Begun(0),
        Succeeded(0),
        told("dispatched"),
    ]);
}

#[test]
fn an_intent_that_vanishes_is_noticed() {
    fails(&[Accepted(0)], "it vanished: no report shows its fate");
    fails(
        &[Accepted(0), Begun(0), Succeeded(0), told("captured")],
        "it vanished: no report shows its fate",
    );
}

#[test]
fn a_second_performance_is_noticed() {
    fails(
        &[Accepted(0), Begun(0), Succeeded(0), Begun(0)],
        "it was performed again after its body had succeeded",
    );
    fails(
        &[Accepted(0), Begun(0), Begun(0), Succeeded(0), Succeeded(0)],
        "its body succeeded twice",
    );
    fails(
        &[Accepted(0), told("dropped"), Begun(0)],
        "it was performed after a report had shown its fate",
    );
}

#[test]
fn a_performance_after_handing_back_is_noticed() {
    fails(
        &[Accepted(0), told("not reached"), HandedBack(0), Begun(0)],
        "it was performed after it had been handed back",
    );
}

#[test]
fn what_came_back_may_be_enqueued_again() {
    passes(&[
        Accepted(0),
        told("not reached"),
        HandedBack(0),
        Accepted(0),
        Begun(0),
        Succeeded(0),
        told("dispatched"),
    ]);
}

#[test]
fn two_fates_are_noticed() {
    fails(
        &[Accepted(0), told("discarded"), told("dropped")],
        "two reports show its fate",
    );
}

#[test]
fn a_report_that_is_wrong_is_noticed() {
    fails(
        &[Accepted(0), told("dispatched")],
        "a report says dispatched, but its body has not succeeded",
    );
    fails(
        &[Accepted(0), Begun(0), Succeeded(0), told("discarded")],
        "its body succeeded, but a report says otherwise",
    );
}

#[test]
fn a_failure_that_keeps_its_intent_is_noticed() {
    let failed = shown("failed", Some("Effect"), Reporter::Flush);
    fails(
        &[Accepted(0), Begun(0), failed.clone()],
        "it failed or was not reached, and did not come back",
    );
    let once = [Kind::Once];
    assert_eq!(check(&[Accepted(0), Begun(0), failed], &once), Ok(()));
    assert!(check(&[Accepted(0), told("not reached")], &once).is_err());
}

#[test]
fn what_an_executor_panics_with_comes_back_if_it_can_be_copied() {
    let failed = shown("failed", Some("LeftUndone"), Reporter::Flush);
    let events = [Accepted(0), Lost(0), failed];
    assert!(check(&events, &[Kind::Quiet]).is_err());
    assert_eq!(check(&events, &[Kind::Fallible]), Ok(()));
}

#[test]
fn what_comes_back_must_have_failed() {
    let rule = "it was handed back, but it has neither failed nor been left out";
    fails(&[Accepted(0), told("dropped"), HandedBack(0)], rule);
    fails(&[Accepted(0), HandedBack(0)], rule);
    fails(
        &[
            Accepted(0),
            told("not reached"),
            HandedBack(0),
            HandedBack(0),
        ],
        "it was handed back twice",
    );
}

#[test]
fn a_delivery_is_performed_once_and_elsewhere() {
    let delivered = || shown("dispatched", None, Reporter::Delivery);
    let taken = [Accepted(0), Offered(0), HandedOver(0), told("dispatched")];
    let after = |more: &[Event]| [&taken[..], more].concat();
    passes(&taken);
    passes(&after(&[Begun(0), Succeeded(0), delivered()]));
    fails(
        &after(&[Begun(0), Succeeded(0), Begun(0)]),
        "it was performed again after its body had succeeded",
    );
    fails(
        &after(&[delivered(), delivered()]),
        "two reports show its fate",
    );
    fails(
        &[Accepted(0), Begun(0), Succeeded(0), delivered()],
        "a delivery reports it, but nobody took its delivery",
    );
}

#[test]
fn an_intent_that_nobody_enqueued_is_noticed() {
    fails(&[Begun(0)], "it was never accepted");
}
