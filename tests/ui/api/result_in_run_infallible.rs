fn main() {
    let _ = airlock::scope().run_infallible(|_| Err::<(), _>("would be lost"));
}
