fn main() {
    let _ = airlock::scope().executor(|_: &airlock::Intent| ());
}
