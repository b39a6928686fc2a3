#![allow(unused_variables, dead_code)]

// Everything that is wrong with one function is reported in one run.
#[airlock::effect(nmae = "mail", once, once, redact(subject))]
const fn send<T>(to: &str, (a, b): (u32, u32), value: impl Clone) {}

fn main() {}
