use airlock::testing::capture;

async fn work() {}

fn in_run_infallible() {
    let _ = airlock::scope().run_infallible(|_| work());
}

fn an_async_block_in_capture() {
    let _ = capture(|| async { work().await });
}

fn an_async_closure_in_capture() {
    let _ = capture(async || work().await);
}

fn under_a_policy() {
    let _ = airlock::policy(airlock::policy::drop_all()).run(work);
}

fn in_an_airlock(airlock: &airlock::Airlock) {
    let _ = airlock.run(work);
}

fn main() {}
