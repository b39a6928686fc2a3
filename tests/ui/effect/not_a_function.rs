#![allow(unused_variables, dead_code)]

#[airlock::effect]
struct Mail;

#[airlock::effect]
impl Mail {
    fn send(n: u32) {}
}

trait Sends {
    #[airlock::effect]
    fn send(n: u32);
}

fn main() {}
