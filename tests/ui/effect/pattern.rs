#![allow(unused_variables, dead_code)]

#[airlock::effect]
fn send((order, buyer): (u32, u32)) {}

#[airlock::effect]
fn ignore(_: u32) {}

fn main() {}
