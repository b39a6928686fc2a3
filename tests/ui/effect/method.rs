#![allow(unused_variables, dead_code)]

struct Order;

impl Order {
    #[airlock::effect]
    fn notify(&self) {}
}

fn main() {}
