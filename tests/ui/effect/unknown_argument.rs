#![allow(unused_variables, dead_code)]

#[airlock::effect(nmae = "mail.send")]
fn send(n: u32) {}

#[airlock::effect(serialize)]
fn store(n: u32) {}

// The effect is there all the same.
pub fn domain() {
    airlock::enqueue(send(1));
    airlock::enqueue(store(1));
}

fn main() {}
