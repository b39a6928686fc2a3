#[airlock::boundary(name = "a", name = "b")]
fn checkout() -> Result<(), airlock::FlushError> {
    Ok(())
}

fn main() {}
