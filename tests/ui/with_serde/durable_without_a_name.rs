#![allow(unused_variables, dead_code)]

mod orders {
    #[airlock::effect(durable, retry(3))]
    pub fn send_confirmation(order: u64) {}
}

#[airlock::effect(durable, alias("mail.post"))]
fn r#move(order: u64) {}

fn main() {
    drop(orders::send_confirmation(1));
}
