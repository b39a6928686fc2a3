//! Thousands of tests in parallel threads of one process do not affect each other.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use airlock::Airlock;
use airlock::prelude::*;
use airlock::testing::{
    Assertions, TestScope, all_in_order, capture, capture_async, every_interruption,
};

use crate::fixture::{Charge, SendMail, charge, checkout, mail, panic_of};

/// Returns a different number on each call.
fn order() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[airlock::test(strict)]
fn a_sync_one(scope: &TestScope) {
    let order = order();
    checkout(order).expect("it is captured");
    std::thread::yield_now();
    let captured = capture(|| checkout(order + 1));
    captured.assert_exactly(all_in_order![Charge { order: it, .. } if *it == order + 1, SendMail]);
    scope.assert_exactly(all_in_order![Charge { order: it, .. } if *it == order, SendMail]);
}

#[airlock::test(strict)]
async fn an_async_one(scope: &TestScope) {
    let order = order();
    let captured = capture_async(async {
        airlock::enqueue(charge(order, 1));
        tokio::task::yield_now().await;
        airlock::enqueue(charge(order, 2));
    });
    let captured = captured.await;
    captured.assert_count::<Charge>(2);
    captured.assert_not_enqueued::<Charge>(|it| it.order != order);
    scope.assert_nothing_enqueued();
}

#[airlock::effect]
fn ledger(#[resource] seen: &Arc<Mutex<Vec<u64>>>, order: u64) {
    seen.lock().expect("nobody panics in it").push(order);
    airlock::enqueue(charge(order, 1));
}

#[test]
fn one_that_drains() {
    let (order, seen) = (order(), Arc::<Mutex<Vec<u64>>>::default());
    let builder = Airlock::builder().resource(seen.clone());
    let airlock = builder.skip_resource_check().build().expect("it builds");
    let later = ledger(order).after(Duration::from_secs(3600));
    let drained = capture(|| airlock::enqueue(later))
        .stub::<Charge>(move |it| (it.order == order).then_some(()).ok_or("another's".into()))
        .drain(&airlock)
        .expect("it finishes");
    drained.assert_exactly(all_in_order![Ledger, Charge]);
    assert_eq!(*seen.lock().expect("nobody panics in it"), [order]);
}

#[test]
fn one_that_is_interrupted() {
    let points = every_interruption(|| ())
        .invariant(|()| true)
        .run(|()| checkout(order()));
    assert_eq!(points, 2 * 4);
}

#[airlock::test(strict)]
#[should_panic(expected = "no assertion has checked")]
fn one_that_fails() {
    airlock::enqueue(mail(&format!("buyer {}", order())));
}

#[test]
fn thousands_at_once_do_not_see_each_other() {
    const THREADS: usize = 1_000;
    let tests = [
        a_sync_one as fn(),
        an_async_one,
        one_that_drains,
        one_that_is_interrupted,
    ];
    let start = Barrier::new(THREADS);
    let left = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for thread in 0..THREADS {
            let (start, left) = (&start, &left);
            threads.spawn(move || {
                start.wait();
                (0..tests.len()).for_each(|nth| tests[(thread + nth) % tests.len()]());
                if thread % 50 == 0 {
                    let message = panic_of(one_that_fails);
                    left.lock().expect("it is free").push(message);
                }
            });
        }
    });
    // Each failure names what its own test left, and nothing of the other tests.
    let left = left.into_inner().expect("it is free");
    assert!(left.iter().all(|it| it.matches("SendMail {").count() == 1));
    assert_eq!(left.iter().collect::<HashSet<_>>().len(), THREADS / 50);
}
