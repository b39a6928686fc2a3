#[airlock::boundary]
async fn checkout() -> Result<u32, airlock::FlushError> {
    "text"
}

fn main() {}
