#![allow(unused_variables)]

use airlock::testing::TestScope;

#[airlock::test]
fn takes_something(order: u64) {}

#[airlock::test]
fn takes_it_mutably(scope: &mut TestScope) {}

#[airlock::test]
fn takes_it_for_good(scope: TestScope) {}

#[airlock::test]
fn takes_it_twice(one: &TestScope, other: &TestScope) {}

#[airlock::test]
fn gives_what_has_no_name() -> impl std::process::Termination {}

#[airlock::test]
async fn gives_what_has_no_name_later() -> Result<(), impl std::error::Error> {
    Ok::<_, std::fmt::Error>(())
}

fn main() {}
