#![allow(unused_variables, dead_code)]

#[airlock::effect(name = "a", queue = "x", name = "b")]
fn send(n: u32) {}

fn main() {}
