#![allow(unused_variables, dead_code)]

#[airlock::effect]
fn of_type<T: Clone>(value: T) {}

#[airlock::effect]
fn of_lifetime<'a>(n: u32) {}

#[airlock::effect]
fn of_const<const N: usize>(n: [u32; N]) {}

fn main() {}
