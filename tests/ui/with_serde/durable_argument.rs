#![allow(unused_variables, dead_code)]

#[derive(Clone)]
struct OrderId(u32);

#[airlock::effect(durable)]
fn send(order: OrderId) {}

fn main() {}
