#![allow(unused_variables)]

use airlock::testing::{Assertions, all_in_order, capture};

#[airlock::effect]
fn ship(order: u64) {}

fn main() {
    let captured = capture(|| airlock::enqueue(ship(7)));
    captured.assert_order(all_in_order![Ship, ship(8)]);
}
