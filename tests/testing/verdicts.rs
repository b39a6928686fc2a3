//! Assertions on times and fates, stubs that were not used, and the line at which a strict test fails.

use std::time::Duration;

use airlock::policy::{block, drop_all};
use airlock::prelude::*;
use airlock::testing::{Assertions, DrainError, TestScope, capture};
use airlock::{Airlock, Fate};

use crate::fixture::{panic_of, panics_during};

const HOUR: Duration = Duration::from_secs(3600);

#[airlock::effect]
fn remind(order: u64) {
    let _ = order;
}

#[airlock::effect]
fn pay(order: u64) {
    airlock::enqueue(remind(order).after(HOUR));
}

#[airlock::effect]
fn count_down(left: u64) {
    if left > 0 {
        airlock::enqueue(count_down(left - 1));
    }
}

fn airlock() -> Airlock {
    let builder = Airlock::builder().skip_resource_check().depth_limit(50);
    builder.build().expect("it needs nothing")
}

#[test]
fn the_time_at_which_an_effect_was_performed_is_asserted() {
    let drained = capture(|| airlock::enqueue(pay(7))).drain(&airlock());
    let drained = drained.expect("it succeeds");
    drained.assert_performed_at::<Pay>(Duration::ZERO);
    drained.assert_performed_at::<Remind>(HOUR);
    let text = panic_of(|| drained.assert_performed_at::<Remind>(2 * HOUR));
    let wrong = "no intent of `testing.verdicts.remind` was performed at 7200s, only at [3600s]\n";
    assert!(text.starts_with(wrong), "{text}");
    let text = panic_of(|| drained.assert_performed_at::<CountDown>(HOUR));
    assert!(text.contains("none was performed at all"), "{text}");
}

#[test]
fn a_drop_is_asserted_by_its_policy() {
    let enqueue = || {
        airlock::enqueue(remind(1));
        airlock::policy(drop_all()).run(|| airlock::enqueue(pay(1)));
    };
    let scope = airlock::scope().policy(block::<Remind>());
    let report = scope.run_infallible(|_| enqueue()).expect("it succeeds");
    let captured = airlock::policy(block::<Remind>()).run(|| capture(enqueue));
    let drained = captured.drain(&airlock()).expect("it succeeds");
    drained.assert_dropped::<Remind>("block");
    report.report.assert_dropped::<Remind>("block");
    report.report.assert_dropped::<Pay>("drop_all");
    let text = panic_of(|| drained.assert_dropped::<Pay>("block"));
    let wrong =
        "no intent of `testing.verdicts.pay` was dropped by a policy whose name contains `block`\n";
    assert!(text.starts_with(wrong), "{text}");
    assert!(text.contains("dropped by drop_all"), "{text}");
}

#[test]
fn a_stub_that_was_not_used_is_an_error_that_names_its_line() {
    let line = line!() + 1;
    let captured = capture(|| airlock::enqueue(remind(1))).stub::<Pay>(|_| Ok(()));
    let error = captured.drain(&airlock()).expect_err("`pay` was not due");
    let DrainError::UnusedStub { location, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!((location.file(), location.line()), (file!(), line));
    let text = error.to_string();
    assert!(
        text.starts_with("the stub of `testing.verdicts.pay` at "),
        "{text}"
    );
    assert_eq!(error.drained().entries().len(), 1);

    // A drain that stops early may not have come to it.
    let captured = capture(|| airlock::enqueue(pay(1))).stub::<Remind>(|_| Ok(()));
    captured
        .drain_for(&airlock(), HOUR / 2)
        .expect("it stops before `remind`");
}

#[test]
fn the_middle_of_a_long_chain_is_counted() {
    let chain = |depth| {
        let drained = capture(|| airlock::enqueue(count_down(depth))).drain(&airlock());
        let drained = drained.expect("it ends");
        let last = drained.entries().last().expect("there is one");
        assert!(matches!(last.fate(), Fate::Dispatched));
        let chain = last.cause().expect("it has a cause").to_string();
        (chain.matches("count_down").count(), chain)
    };
    let (named, text) = chain(9);
    assert_eq!(named, 9, "{text}");
    let (named, text) = chain(36);
    assert_eq!(named, 8, "{text}");
    assert_eq!(
        text.matches(" -> \u{2026} 28 more \u{2026} -> ").count(),
        1,
        "{text}"
    );
}

#[test]
#[allow(unnameable_test_items)]
fn a_strict_async_test_fails_at_its_own_line() {
    // Within a function, so that the harness does not run it: it fails.
    const LINE: u32 = line!() + 1;
    #[airlock::test(strict)]
    async fn leaves_an_intent(scope: &TestScope) {
        let _ = scope;
        airlock::enqueue(remind(1));
    }
    let places = panics_during(|| drop(panic_of(leaves_an_intent)));
    assert_eq!(places, [(file!().to_owned(), LINE)]);
}
