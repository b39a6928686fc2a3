#![allow(unused_variables, dead_code)]

#[derive(Clone)]
struct OrderId(u32);

#[airlock::effect(key = order)]
fn index(order: OrderId) {}

fn main() {}
