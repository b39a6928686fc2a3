#![deny(warnings)]

#[airlock::effect(key = order)]
fn ship(order: u64) {}

#[airlock::effect]
fn pack(order: u64) {}

fn main() {
    airlock::enqueue(ship(1));
    airlock::enqueue(pack(1));
}
