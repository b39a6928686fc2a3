//! Work that is already linear and must remain so: concurrent tasks, and coalescing.

use std::cell::RefCell;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Waker};

use airlock::FlushError;

use super::row::{Row, one_each};
use super::stack::Stack;
use crate::cases::scaling::give_way;
use crate::work::record;

pub(super) const TASKS: Row = Row {
    name: "growth_tasks",
    item: "task",
    base: 5_000,
    items: one_each,
    stack: Stack::Usual,
    work: tasks,
};

pub(super) const COALESCING: Row = Row {
    name: "growth_coalescing",
    item: "intent",
    base: 12_500,
    items: one_each,
    stack: Stack::Usual,
    work: coalescing,
};

/// Each order is saved ten times.
const SAVES: u64 = 10;

#[airlock::effect(key = order)]
fn save(order: u64) {
    black_box(order);
}

/// The polls that a task needs for each of its scopes.
const POLLS: u32 = 4;

type Task = Pin<Box<dyn Future<Output = Result<(), FlushError>>>>;

thread_local! {
    /// Shared by all sizes, so that allocating large pieces of memory is not measured.
    static TASKS_SIDE_BY_SIDE: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
}

/// Polls all tasks in turn, until each has run one scope.
fn tasks(number: u64) {
    TASKS_SIDE_BY_SIDE.with_borrow_mut(|tasks| {
        for order in tasks.len() as u64..number {
            tasks.push(Box::pin(endless(order)));
        }
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..POLLS {
            for task in tasks.iter_mut().take(number as usize) {
                assert!(task.as_mut().poll(&mut cx).is_pending());
            }
        }
    });
}

/// Opens one scope after another, and yields within each.
async fn endless(order: u64) -> Result<(), FlushError> {
    loop {
        let scope = airlock::scope().run_async(async |_| {
            airlock::enqueue(record(order, 7, 99));
            for _ in 0..POLLS {
                give_way().await;
            }
            airlock::enqueue(record(order, 8, 99));
            Ok::<_, FlushError>(())
        });
        scope.await?;
    }
}

fn coalescing(intents: u64) {
    let orders = (intents / SAVES).max(1);
    let ended = airlock::scope().run_infallible(|_| {
        for order in 0..intents {
            airlock::enqueue(save(order % orders));
        }
    });
    assert!(ended.is_ok());
}
