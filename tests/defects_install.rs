//! A scope keeps the defaults it was opened with. A separate binary, because an airlock is installed once.

use airlock::{Airlock, Failure};

#[derive(Clone)]
struct Sender;

#[airlock::effect]
fn send(#[resource] sender: &Sender) {
    let _ = sender;
}

#[test]
fn a_scope_that_opened_before_an_airlock_was_installed_does_not_get_its_resources() {
    let before = airlock::scope().open();
    let airlock = Airlock::builder().resource(Sender).build();
    airlock.expect("it builds").install().expect("the first");
    before.enter(|| airlock::enqueue(send()));
    let error = before.flush().expect_err("it opened without resources");
    let missing = error.failure();
    assert!(
        matches!(missing, Some(Failure::MissingResource(_))),
        "{error:?}"
    );
    let after = airlock::scope().run_infallible(|_| airlock::enqueue(send()));
    after.expect("it opened with them");
}
