#[airlock::effect]
fn send_email(n: u32) {
    let _ = n;
}

fn main() {
    let _ = airlock::policy::block::<SendEmial>();
}
