use std::future::Future;

async fn work() -> Result<(), airlock::FlushError> {
    Ok(())
}

#[airlock::boundary]
fn made() -> impl Future<Output = Result<(), airlock::FlushError>> {
    work()
}

fn main() {}
