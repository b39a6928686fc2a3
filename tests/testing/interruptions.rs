//! `every_interruption`: scenarios that are interrupted at every possible point.

use std::sync::{Arc, Mutex};

use airlock::executor::{Inline, Recorder, Retry};
use airlock::testing::every_interruption;
use airlock::{AirlockBuilder, FlushError};

use crate::fixture::{block_on, panic_of, panics_during};

/// A shop that counts the orders placed, paid and shipped, and the intents parked.
#[derive(Clone, Debug, Default)]
struct Shop(Arc<Mutex<Books>>);

#[derive(Clone, Default, Debug)]
struct Books {
    placed: u32,
    taken: u32,
    shipped: u32,
    parked: usize,
}

impl Shop {
    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.0.lock().expect("nobody panics in it")
    }

    fn builder(&self, builder: AirlockBuilder) -> AirlockBuilder {
        let shop = self.clone();
        builder
            .resource(self.clone())
            .on_unhandled_error(move |error| shop.books().parked += error.into_intents().len())
    }
}

#[airlock::effect]
fn take_money(#[resource] shop: &Shop) -> Result<(), String> {
    shop.books().taken += 1;
    Ok(())
}

#[airlock::effect]
async fn ship_order(#[resource] shop: &Shop) -> Result<(), String> {
    tokio::task::yield_now().await;
    shop.books().shipped += 1;
    tokio::task::yield_now().await;
    Ok(())
}

fn park(shop: &Shop, error: FlushError) {
    shop.books().parked += error.into_intents().len();
}

/// Checks that no more is paid or shipped than was placed.
fn sound(shop: &Shop) -> Result<(), String> {
    let books = shop.books().clone();
    let fine = books.taken <= books.placed && books.shipped <= books.placed;
    if fine {
        Ok(())
    } else {
        Err(format!("{books:?}"))
    }
}

fn place(shop: &Shop) -> Result<(), FlushError> {
    airlock::scope().run(|_| {
        airlock::enqueue(take_money());
        airlock::enqueue(take_money());
        shop.books().placed += 2;
        Ok(())
    })
}

#[test]
fn a_sync_scenario_is_run_for_each_enqueue_each_dispatch_and_around_each_body() {
    let runs = Mutex::new(0);
    let points = every_interruption(Shop::default)
        .airlock(Shop::builder)
        .invariant(sound)
        .invariant(|shop| {
            *runs.lock().expect("it is free") += 1;
            let books = shop.books();
            assert_eq!(books.placed % 2, 0);
        })
        .run(|shop| place(shop).map_err(|error| park(shop, error)));
    assert_eq!(points, 2 + 2 * 3);
    assert_eq!(*runs.lock().expect("it is free"), 1 + points + 1);
}

#[tokio::test]
async fn an_async_scenario_is_cancelled_at_each_await_too() {
    let points = every_interruption(Shop::default)
        .airlock(Shop::builder)
        .invariant(sound)
        .invariant(|shop| {
            let books = shop.books();
            // An order that was not shipped was parked, or was never placed.
            books.placed == 0 || books.shipped as usize + books.parked >= 1
        })
        .run_async(async |shop| {
            tokio::task::yield_now().await;
            let ended = airlock::scope().run_async(async |_| {
                airlock::enqueue(ship_order());
                shop.books().placed += 1;
                Ok::<_, FlushError>(())
            });
            ended.await.map_err(|error| park(shop, error))
        })
        .await;
    // Four points for the enqueue, the dispatch and both ends of the body; one await here, two in the body.
    assert_eq!(points, 4 + 3);
}

/// Returns the message for a scenario that breaks its invariant.
fn broken(scenario: impl Fn(&Shop), invariant: impl Fn(&Books) -> bool) -> String {
    panic_of(|| {
        _ = every_interruption(Shop::default)
            .airlock(Shop::builder)
            .invariant(|shop| invariant(&shop.books()))
            .run(scenario);
    })
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn the_point_that_breaks_the_invariant_is_named() {
    const HERE: &str = "tests/testing/interruptions.rs:";
    // The order is placed before its effects are enqueued.
    let early = |shop: &Shop| {
        let ended = airlock::scope().run(|_| {
            shop.books().placed += 1;
            airlock::enqueue(take_money());
            Ok::<_, FlushError>(())
        });
        if let Err(error) = ended {
            park(shop, error);
        }
    };
    let text = broken(early, |books| {
        books.taken as usize + books.parked == books.placed as usize
    });
    contains(
        &text,
        &[
            "does not hold after a panic at an enqueue: `testing.interruptions.take_money`, enqueued at tests/testing/interruptions.rs:",
            "(point 1; it held at the 0 before): it returned `false`",
            "state: Shop(",
            "placed: 1,",
            HERE,
        ],
    );
    // Failed intents are retried, although they may have been performed.
    let again = |shop: &Shop| {
        let ended = airlock::scope().run(|_| {
            airlock::enqueue(take_money());
            shop.books().placed += 1;
            Ok::<_, FlushError>(())
        });
        if let Err(error) = ended {
            let intents = error.into_intents();
            let retried = airlock::scope().run_infallible(|_| {
                intents
                    .into_iter()
                    .for_each(|intent| _ = airlock::enqueue(intent));
            });
            drop(retried);
        }
    };
    let text = broken(again, |books| books.taken <= books.placed);
    contains(
        &text,
        &[
            "after a panic after an effect's body: `testing.interruptions.take_money`",
            "(point 4; it held at the 3 before)",
        ],
    );
    // Failed intents are forgotten.
    let forgetful = |shop: &Shop| drop(place(shop));
    let text = broken(forgetful, |books| {
        books.taken as usize + books.parked >= books.placed as usize
    });
    contains(
        &text,
        &[
            "after a dispatch that fails: `testing.interruptions.take_money`",
            "(point 3;",
        ],
    );
    let text = broken(forgetful, |books| books.placed != 2 || books.taken != 1);
    contains(&text, &["a panic after an effect's body", "(point 5;"]);
}

#[test]
fn a_cancellation_that_breaks_the_invariant_is_named_with_the_effect_under_way() {
    let scenario = async |shop: &Shop| {
        let ended = airlock::scope().run_async(async |_| {
            airlock::enqueue(ship_order());
            shop.books().placed += 1;
            Ok::<_, FlushError>(())
        });
        drop(ended.await);
    };
    let text = panic_of(|| {
        let tried = every_interruption(Shop::default)
            .airlock(Shop::builder)
            .invariant(|shop| shop.books().shipped == 0 || shop.books().parked == 0)
            .run_async(scenario);
        block_on(tried);
    });
    contains(
        &text,
        &[
            "after a cancellation at pending await 2, in `testing.interruptions.ship_order`, enqueued at tests/testing/interruptions.rs:",
        ],
    );
}

#[test]
fn without_an_interruption_the_invariant_has_to_hold_and_the_scenario_not_to_panic() {
    let text = broken(|_| {}, |_| false);
    contains(
        &text,
        &["does not hold without any interruption: it returned `false`"],
    );
    let text = broken(|_| panic!("of its own"), |_| true);
    assert_eq!(text, "of its own");
    let text = broken(|_| {}, |_| panic!("it checks more than it should"));
    contains(
        &text,
        &["without any interruption: it checks more than it should"],
    );
}

#[test]
fn a_scenario_without_a_point_gives_none() {
    assert_eq!(
        every_interruption(|| ()).invariant(|()| true).run(|()| ()),
        0
    );
}

#[test]
fn a_scenario_that_never_comes_to_an_end_is_refused() {
    let text = panic_of(|| {
        let endless = async |&(): &()| {
            loop {
                tokio::task::yield_now().await;
            }
        };
        block_on(every_interruption(|| ()).run_async(endless));
    });
    contains(&text, &["has more than 10000 points"]);
}

#[test]
fn nothing_is_printed_while_all_holds() {
    let printed = panics_during(|| {
        _ = every_interruption(Shop::default)
            .airlock(Shop::builder)
            .invariant(sound)
            .run(|shop| place(shop).map_err(|error| park(shop, error)));
    });
    assert_eq!(printed, []);
}

#[test]
fn wrappers_and_executors_that_hand_over_have_their_points_too() {
    let rule = airlock::catalogue::RetryRule::attempts(2).delay(std::time::Duration::ZERO);
    let with = |executor: &dyn Fn(AirlockBuilder) -> AirlockBuilder| {
        every_interruption(Shop::default)
            .airlock(|shop, builder| executor(shop.builder(builder)))
            .run(|shop| drop(place(shop)))
    };
    // Each intent has four points: the enqueue, the dispatch, and both ends of the body.
    assert_eq!(with(&|builder| builder.executor(Inline)), 8);
    assert_eq!(
        with(&|builder| builder.executor(Retry::new(Inline, rule))),
        8
    );
    // A recorded intent's body does not run.
    assert_eq!(with(&|builder| builder.executor(Recorder::new())), 4);
}

#[airlock::effect]
fn first_of_two() {
    airlock::enqueue(second_of_two());
}

#[airlock::effect]
fn second_of_two() {}

#[test]
fn cascades_have_their_points_in_each_thread_alone() {
    std::thread::scope(|threads| {
        for _ in 0..50 {
            threads.spawn(|| {
                let points = every_interruption(|| ()).run(|()| {
                    drop(airlock::scope().run_infallible(|_| airlock::enqueue(first_of_two())));
                });
                assert_eq!(points, 2 * 4);
            });
        }
    });
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn spawned_effects_have_their_points_where_the_scenario_waits_for_them() {
    use airlock::tokio::Spawn;
    let points = every_interruption(|| (Shop::default(), Spawn::current()))
        .airlock(|(shop, spawn), builder| shop.builder(builder).executor(spawn.clone()))
        // Failed tasks are parked. If the scenario is cancelled while it waits, some tasks are still running.
        .invariant(|(shop, spawn)| {
            let books = shop.books();
            books.taken as usize + books.parked + spawn.running() >= books.placed as usize
        })
        .run_async(async |(shop, spawn)| {
            if let Err(error) = place(shop) {
                park(shop, error);
            }
            spawn.drained().await;
        });
    // Each intent has four points: the enqueue, the dispatch, and both ends of the body. The scenario awaits once.
    assert_eq!(points.await, 2 * 4 + 1);
}
