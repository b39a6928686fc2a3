struct Strict;

#[airlock::boundary(policy = Strict)]
fn checkout() -> Result<(), airlock::FlushError> {
    Ok(())
}

fn main() {}
