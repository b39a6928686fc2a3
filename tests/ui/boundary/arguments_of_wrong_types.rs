use airlock::FlushError;

struct Sometimes;

#[airlock::boundary(lifecycle = Sometimes)]
fn wrong_lifecycle() -> Result<(), FlushError> {
    Ok(())
}

type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T>>>;

#[airlock::boundary]
fn makes_a_future() -> BoxFuture<Result<(), FlushError>> {
    let future = async { Ok(()) };
    Box::pin(future)
}

fn main() {}
