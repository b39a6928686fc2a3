#![deny(unused_must_use)]

#[airlock::effect]
fn send_mail(n: u32) {
    let _ = n;
}

fn main() {
    send_mail(1);
}
