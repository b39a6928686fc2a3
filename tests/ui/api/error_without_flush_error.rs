struct NoStock;

fn work() -> Result<(), NoStock> {
    Ok(())
}

fn main() {
    let _ = airlock::scope().run(|_| work());
}
