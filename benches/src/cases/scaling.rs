//! The time per item from few to many: intents in one scope, and concurrent scoped tasks.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Instant;

use airlock::FlushError;

use crate::harness::{Measured, median};
use crate::plot::{Line, draw};
use crate::run::Places;
use crate::work::record;

pub(super) const INTENTS: &[u64] = &[10, 100, 1_000, 10_000, 100_000, 1_000_000];
const TASKS: &[u64] = &[1, 10, 100, 1_000, 10_000, 100_000];
/// The number of times that each task yields.
const YIELDS: u32 = 4;

pub(super) fn run(places: &Places) -> Result<Vec<Measured>, String> {
    let intents = Line::measured("intents in one scope", INTENTS, intents);
    let tasks = Line::measured("scoped tasks side by side", TASKS, tasks);
    draw(
        &places.out.join("scaling.svg"),
        "ns per item",
        &[&intents, &tasks],
    )?;
    Ok(vec![
        Measured::cost(
            "scaling_intents",
            intents.spread(),
            "the most by the least, per item",
        ),
        Measured::cost(
            "scaling_tasks",
            tasks.spread(),
            "the most by the least, per item",
        ),
    ])
}

/// Returns the median of several runs, of which there are more if they are short.
fn nanos_per_item(items: u64, mut work: impl FnMut()) -> f64 {
    let runs = (2_000_000 / items.max(1)).clamp(5, 2_001);
    work();
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e9 / items as f64
    });
    median(times.collect())
}

fn intents(items: u64) -> f64 {
    nanos_per_item(items, || {
        let ended = airlock::scope().run_infallible(|_| {
            for order in 0..items {
                airlock::enqueue(record(order, 7, 99));
            }
        });
        assert!(ended.is_ok());
    })
}

/// Enqueues two intents, and yields between its steps.
async fn task(order: u64) -> Result<(), FlushError> {
    let scope = airlock::scope();
    scope
        .run_async(async |_| {
            airlock::enqueue(record(order, 7, 99));
            for _ in 0..YIELDS {
                give_way().await;
            }
            airlock::enqueue(record(order, 8, 99));
            Ok(())
        })
        .await
}

pub(super) fn give_way() -> impl Future<Output = ()> {
    let mut waited = false;
    std::future::poll_fn(move |_| {
        if waited {
            return std::task::Poll::Ready(());
        }
        waited = true;
        std::task::Poll::Pending
    })
}

fn tasks(items: u64) -> f64 {
    nanos_per_item(items, || {
        let mut tasks: Vec<Pin<Box<dyn Future<Output = _>>>> = (0..items)
            .map(|order| Box::pin(task(order)) as Pin<Box<_>>)
            .collect();
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..=YIELDS {
            for task in &mut tasks {
                let _ = task.as_mut().poll(&mut cx);
            }
        }
    })
}
