#![allow(unused_variables, dead_code)]

#[airlock::effect]
fn show(value: impl std::fmt::Display) {}

#[airlock::effect]
fn returns() -> impl std::fmt::Display {
    1
}

fn main() {}
