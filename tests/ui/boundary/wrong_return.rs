#[airlock::boundary]
async fn checkout() -> Result<u32, airlock::FlushError> {
    Ok("text")
}

fn main() {}
