struct Mail;

#[airlock::effect(emits(Mail))]
fn ship(order: u64) {
    let _ = order;
}

fn main() {}
