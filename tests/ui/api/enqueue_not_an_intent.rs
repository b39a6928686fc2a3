async fn send(n: u32) {
    let _ = n;
}

fn resend() {}

fn main() {
    airlock::enqueue(send(1));
    airlock::enqueue(resend);
}
