use airlock::testing::capture;

async fn work() {}

fn main() {
    let _ = airlock::scope().run_infallible(|_| work());
    let _ = capture(|| async { work().await });
    let _ = capture(async || work().await);
    let policy = airlock::policy::drop_all();
    let _ = airlock::policy(policy).run(work);
}
