fn print(_: &airlock::Intent) {}

fn main() {
    let _ = airlock::scope().executor(print);
}
