#[airlock::test(stirct)]
fn a_typo() {}

#[airlock::test(strict, strict)]
fn twice() {}

#[airlock::test(strict = true)]
fn a_value() {}

#[airlock::test(airlock)]
fn no_value() {}

fn main() {}
