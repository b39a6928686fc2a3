//! A `once` intent keeps no arguments after it is performed. No assertion may pass because of that.

use airlock::Airlock;
use airlock::testing::{Assertions, Drained, all_in_order, capture};

use crate::fixture::{Charge, CloseTill, Till, charge, close_till, panic_of};

const HINT: &str = "declared `once`, and what was performed of it keeps no arguments: assert its type, by `assert_count` or a step without a pattern";

fn drained() -> Drained {
    let builder = Airlock::builder().skip_resource_check();
    let captured = capture(|| {
        airlock::enqueue(close_till(Till(3)));
        airlock::enqueue(charge(1, 1));
    });
    let drained = captured.drain(&builder.build().expect("it builds"));
    drained.expect("it finishes")
}

fn refuses(assert: impl FnOnce(&Drained)) {
    let drained = drained();
    let text = panic_of(|| assert(&drained));
    assert!(text.contains(HINT), "{text}");
    assert!(text.contains("->  testing.fixture.close_till"), "{text}");
}

#[test]
fn that_it_is_there_cannot_be_asserted_by_its_arguments() {
    refuses(|drained| drained.assert_enqueued::<CloseTill>(|_| true));
}

#[test]
fn that_it_is_not_there_cannot_be_asserted_by_its_arguments() {
    refuses(|drained| drained.assert_not_enqueued::<CloseTill>(|_| true));
    drained().assert_not_enqueued::<Charge>(|it| it.order == 2);
}

#[test]
fn that_an_equal_one_is_there_cannot_be_asserted() {
    #[airlock::effect(once, derive(PartialEq))]
    fn count_till(coins: u32) {
        _ = coins;
    }
    let builder = Airlock::builder().skip_resource_check();
    let captured = capture(|| airlock::enqueue(count_till(3)));
    captured.assert_enqueued_eq(&count_till(3));
    let drained = captured.drain(&builder.build().expect("it builds"));
    let drained = drained.expect("it finishes");
    let text = panic_of(|| drained.assert_enqueued_eq(&count_till(3)));
    assert!(text.contains(HINT), "{text}");
}

#[test]
fn a_step_with_a_pattern_says_why_it_cannot_match() {
    refuses(|drained| drained.assert_order(all_in_order![CloseTill { .. }]));
    refuses(|drained| drained.assert_exactly(all_in_order![CloseTill { .. }, Charge]));
    // There is no hint if another effect is at that position: that is the mistake then.
    let text = panic_of(|| drained().assert_exactly(all_in_order![Charge { .. }]));
    assert!(!text.contains(HINT), "{text}");
}

#[test]
fn its_type_and_everything_but_its_arguments_can_be_asserted() {
    let drained = drained();
    drained.assert_count::<CloseTill>(1);
    drained.assert_exactly(all_in_order![CloseTill, Charge { order: 1, .. }]);
    drained.assert_any(|seen| seen.is::<CloseTill>() && seen.arguments().contains("Till(3)"));
}
