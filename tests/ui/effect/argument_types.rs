#![allow(unused_variables, dead_code)]

use std::rc::Rc;

struct Unique;

#[airlock::effect]
fn not_send(shared: Rc<u32>) {}

#[airlock::effect]
fn not_clone(value: Unique) {}

#[airlock::effect(once)]
fn once_not_send(shared: Rc<u32>) {}

fn main() {}
