#![allow(unused_variables, dead_code)]

#[airlock::effect(batch)]
fn two(orders: Vec<u32>, buyers: Vec<u32>) {}

#[airlock::effect(batch)]
fn single(order: u32) {}

fn main() {}
