#![allow(unused_variables, dead_code)]

#[airlock::effect]
fn lists(n: u32) where u32: Copy {}

#[airlock::effect]
unsafe extern "C" fn variadic(n: u32, ...) {}

fn main() {}
