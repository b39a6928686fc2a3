#![allow(unused_variables)]

use airlock::testing::{Assertions, all_in_order, capture};

#[airlock::effect]
fn ship(order: u64) {}

fn main() {
    let captured = capture(|| airlock::enqueue(ship(7)));
    captured.assert_order(all_in_order![Ship, ship(8)]);
    captured.assert_order(all_in_order![Ship if true]);
    captured.assert_order(all_in_order![Ship { order: 7 } | Ship { order: 8 }, Ship]);
    captured.assert_order(all_in_order![Ship { order } if let 7 = order]);
}
