#[airlock::boundary(on_flush_error = panic)]
const fn constant() {}

fn main() {}
