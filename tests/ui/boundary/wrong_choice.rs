#[airlock::boundary(on_flush_error = ignore)]
fn wrong_choice() {}

fn main() {}
