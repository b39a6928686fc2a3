#![allow(unused_variables)]

use airlock::testing::{Assertions, all_in_order, capture, every_interruption};

#[airlock::effect]
fn ship(order: u64) {}

#[airlock::test(airlock = 7)]
fn not_an_airlock() {}

fn main() {
    let captured = capture(|| airlock::enqueue(ship(7)));
    captured.assert_exactly(all_in_order![Ship { odrer: 7, .. }]);
    captured.assert_exactly(all_in_order![u64]);
    captured.assert_enqueued::<Ship>(|ship| ship.odrer == 7);
    captured.assert_enqueued_eq(&ship(7));
    let ended = airlock::scope().run_infallible(|_| airlock::enqueue(ship(7)));
    ended.unwrap().report.assert_enqueued::<Ship>(|ship| ship.order == 7);
    _ = every_interruption(|| ()).invariant(|()| "all is well").run(|()| ());
}
