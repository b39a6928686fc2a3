//! Scopes that end in an unexpected way, or open where nobody expects them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use airlock::lifecycle::Outcome;
use airlock::testing::{Assertions, capture, forbid_root_scopes};

#[airlock::effect]
fn ship(order: u64) {
    let _ = order;
}

#[airlock::effect]
fn charge(order: u64) -> Result<(), String> {
    Err(format!("card of {order} declined"))
}

/// `forbid_root_scopes` applies to the whole process, and so to the tests here.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

#[airlock::boundary(discard_if = Option::is_none, on_flush_error = log)]
fn find(order: u64) -> Option<u64> {
    airlock::enqueue(ship(order));
    (order == 1).then_some(order)
}

#[airlock::boundary(discard_if = Option::is_none, on_flush_error = log)]
async fn find_async(order: u64) -> Option<u64> {
    airlock::enqueue(ship(order));
    (order == 1).then_some(order)
}

#[test]
fn a_boundary_may_discard_by_its_value() {
    let _lock = one_at_a_time();
    let captured = capture(|| (find(1), find(2)));
    captured.assert_count::<Ship>(1);
    assert_eq!(captured.value, (Some(1), None));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("it starts");
    let captured = runtime.block_on(airlock::testing::capture_async(async {
        (find_async(1).await, find_async(2).await)
    }));
    captured.assert_count::<Ship>(1);
}

#[airlock::boundary(on_flush_error = panic)]
fn pay(order: u64) {
    airlock::enqueue(charge(order));
}

#[test]
fn on_flush_error_panic_has_the_boundarys_line_and_the_whole_chain() {
    let _lock = one_at_a_time();
    let (file, line) = (file!(), line!() - 8);
    let hook = std::panic::take_hook();
    static AT: Mutex<String> = Mutex::new(String::new());
    std::panic::set_hook(Box::new(|info| {
        let at = info
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()));
        *AT.lock().unwrap_or_else(PoisonError::into_inner) = at.unwrap_or_default();
    }));
    let panic = catch_unwind(|| pay(4)).expect_err("the flush fails");
    std::panic::set_hook(hook);
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(
        message.contains("`traps.scopes.charge`") && message.ends_with("card of 4 declined"),
        "{message}"
    );
    assert_eq!(
        *AT.lock().unwrap_or_else(PoisonError::into_inner),
        format!("{file}:{line}")
    );
}

#[test]
fn released_intents_may_be_discarded() {
    let _lock = one_at_a_time();
    let mut scope = airlock::scope().open_owned();
    scope.run(|| airlock::enqueue(ship(1)));
    let released = scope.release(Outcome::Success);
    let report = released.discard().expect("nothing failed");
    assert_eq!(report.entries()[0].fate().word(), "discarded");
}

#[test]
fn work_that_leaves_the_scope_of_a_test_is_found() {
    let _lock = one_at_a_time();
    let guard = forbid_root_scopes();
    let captured = capture(|| {
        find(1);
        std::thread::spawn(|| find(1)).join().is_err()
    });
    assert!(captured.value, "the boundary in the thread is refused");
    captured.assert_count::<Ship>(1);
    let panic =
        catch_unwind(AssertUnwindSafe(|| drop(guard))).expect_err("a root scope was opened");
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(message.contains("tests/traps/scopes.rs:"), "{message}");
    find(1); // The guard is dropped, so root scopes are allowed again.
}

fn is_odd(n: &u64) -> bool {
    n % 2 == 1
}

#[airlock::boundary(discard_if = |n| is_odd(n) || *n > 10, name = "counting", on_flush_error = log)]
fn count(n: u64) -> u64 {
    airlock::enqueue(ship(n));
    n
}

#[test]
fn an_expression_of_an_attribute_may_have_bars() {
    let _lock = one_at_a_time();
    let captured = capture(|| [1, 2, 12].map(count));
    captured.assert_count::<Ship>(1);
}

#[cfg(all(feature = "actix", feature = "tower"))]
#[test]
fn a_layer_may_be_made_where_root_scopes_are_forbidden() {
    let _lock = one_at_a_time();
    let _guard = forbid_root_scopes();
    drop(airlock::tower::ScopeLayer::new());
    drop(airlock::actix::ScopeMiddleware::new());
}
