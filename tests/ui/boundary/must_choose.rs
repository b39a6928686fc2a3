#[airlock::boundary]
fn number() -> u32 {
    1
}

#[airlock::boundary]
async fn nothing() {}

fn main() {}
