#![allow(unused_variables, dead_code)]

#[derive(Clone)]
struct OrderId(u32);

#[airlock::effect(durable, name = "mail.send")]
fn send(order: OrderId) {}

fn main() {}
