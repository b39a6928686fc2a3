#![allow(unused_variables, dead_code)]

#[airlock::effect]
fn text(to: &str) {}

#[airlock::effect]
fn slice(orders: &[u32]) {}

#[airlock::effect]
fn nested(order: Option<&Order>) {}

struct Order;

fn main() {}
