#[airlock::boundary(polcy = airlock::policy::drop_all(), on_error = log)]
fn checkout() -> Result<(), airlock::FlushError> {
    Ok(())
}

fn main() {}
