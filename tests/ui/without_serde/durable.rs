#![allow(unused_variables, dead_code)]

#[airlock::effect(durable)]
fn send(n: u32) {}

fn main() {}
