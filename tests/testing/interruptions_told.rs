//! The messages of `every_interruption` for scenarios that fail, or that differ from run to run.

use std::sync::atomic::{AtomicUsize, Ordering};

use airlock::testing::{every_interruption, every_interruption_async};

use crate::fixture::{block_on, panic_of};

#[airlock::effect]
fn tick() {}

#[airlock::effect]
async fn boom() -> Result<(), String> {
    tokio::task::yield_now().await;
    panic!("by itself")
}

fn ticks(times: usize) {
    let ticking = airlock::scope().run_infallible(|_| {
        (0..times).for_each(|_| _ = airlock::enqueue(tick()));
    });
    drop(ticking);
}

/// Returns the message for a scenario with these numbers of ticks in its first, second and later runs.
fn told_of(first: usize, second: usize, others: usize) -> String {
    let runs = AtomicUsize::new(0);
    panic_of(|| {
        _ = every_interruption(|| ()).run(|()| {
            ticks(match runs.fetch_add(1, Ordering::SeqCst) {
                0 => first,
                1 => second,
                _ => others,
            });
        });
    })
}

#[track_caller]
fn ends_with(text: &str, end: &str) {
    assert!(text.ends_with(end), "`{end}` is not the end of: {text}");
}

#[test]
fn fewer_points_than_in_the_first_run_are_not_taken_for_the_end() {
    let text = told_of(2, 2, 0);
    assert!(
        text.starts_with("the scenario at tests/testing/interruptions_told.rs:"),
        "{text}"
    );
    ends_with(
        &text,
        "had 8 points in its first run and only 0 in the run that should be interrupted at point 2: it differs from run to run, so not every point can be tried",
    );
}

#[test]
fn more_points_than_in_the_first_run_are_not_left_untried() {
    ends_with(
        &told_of(0, 1, 1),
        "had 0 points in its first run and more in a later one: it differs from run to run, so not every point can be tried",
    );
}

#[test]
fn an_await_after_an_effect_that_panicked_is_outside_of_it() {
    let text = panic_of(|| {
        let tried = every_interruption(|| AtomicUsize::new(0))
            .invariant(|after| after.load(Ordering::SeqCst) != 1)
            .run_async(async |after| {
                let work = async |_| _ = airlock::enqueue(boom());
                drop(airlock::scope().run_infallible_async(work).await);
                after.store(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                after.store(2, Ordering::SeqCst);
            });
        block_on(tried);
    });
    assert!(
        text.contains("after a cancellation at pending await 2, outside of effects ("),
        "{text}"
    );
}

#[test]
fn of_several_invariants_the_broken_one_is_named() {
    let line = line!() + 4;
    let text = panic_of(|| {
        _ = every_interruption(|| ())
            .invariant(|()| true)
            .invariant(|()| false)
            .run(|()| ());
    });
    let start = format!(
        "the invariant at tests/testing/interruptions_told.rs:{line}:14 of the scenario at tests/testing/interruptions_told.rs:{}:",
        line - 2
    );
    assert!(text.starts_with(&start), "{text}");
}

#[tokio::test]
async fn a_state_may_be_made_and_looked_at_by_awaiting() {
    let ticking = async |ticked: &AtomicUsize| {
        ticks(1);
        ticked.store(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        ticked.store(2, Ordering::SeqCst);
    };
    let setup = async || {
        tokio::task::yield_now().await;
        AtomicUsize::new(0)
    };
    let points = every_interruption_async(setup)
        .invariant(async |ticked| {
            tokio::task::yield_now().await;
            ticked.load(Ordering::SeqCst) < 3
        })
        .run(ticking);
    // Four points for the tick, and one await. Awaits of the set-up and the invariant do not count.
    assert_eq!(points.await, 5);
}

#[test]
fn an_invariant_that_awaits_is_named_when_it_is_broken() {
    let text = panic_of(|| {
        let tried = every_interruption_async(async || AtomicUsize::new(0))
            .invariant(async |ticked| {
                tokio::task::yield_now().await;
                ticked.load(Ordering::SeqCst) != 1
            })
            .run(async |ticked| {
                ticked.store(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                ticked.store(2, Ordering::SeqCst);
            });
        block_on(tried);
    });
    assert!(
        text.contains("does not hold after a cancellation at pending await 1, outside of effects"),
        "{text}"
    );
}
