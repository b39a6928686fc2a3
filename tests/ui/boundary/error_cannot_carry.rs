#[derive(Debug)]
struct AppError;

#[airlock::boundary]
async fn checkout() -> Result<u32, AppError> {
    Ok(1)
}

fn main() {}
