#![allow(unused_variables, dead_code)]

#[airlock::effect(durable, name = "mail.send")]
fn send(n: u32) {}

fn main() {}
