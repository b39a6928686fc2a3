#![allow(unused_variables, dead_code)]

#[airlock::effect]
const fn constant(n: u32) {}

#[airlock::effect]
unsafe fn dangerous(n: u32) {}

#[airlock::effect]
extern "C" fn foreign(n: u32) {}

fn main() {}
