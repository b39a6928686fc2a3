struct Mail;

#[airlock::boundary(emits(Mail))]
fn checkout() -> Result<(), airlock::FlushError> {
    Ok(())
}

fn main() {}
