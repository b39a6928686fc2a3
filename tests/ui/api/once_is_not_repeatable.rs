#[airlock::effect(once)]
fn send_mail(n: u32) {
    let _ = n;
}

fn main() {
    let scope = airlock::scope().enter();
    airlock::enqueue(send_mail(1));
    let _ = scope.enqueued::<SendMail>();
}
