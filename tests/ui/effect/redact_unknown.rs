#![allow(unused_variables, dead_code)]

#[airlock::effect(redact(tokn))]
fn login(token: String, user: u32) {}

fn main() {}
