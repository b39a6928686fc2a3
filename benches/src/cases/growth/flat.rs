//! What is linear already, and must stay so: tasks side by side, and coalescing.

use std::hint::black_box;

use super::row::{Row, one_each};
use super::stack::Stack;
use crate::cases::scaling::tasks_side_by_side;

pub(super) const TASKS: Row = Row {
    name: "growth_tasks",
    item: "task",
    base: 10_000,
    items: one_each,
    stack: Stack::Usual,
    work: tasks_side_by_side,
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

fn coalescing(intents: u64) {
    let orders = (intents / SAVES).max(1);
    let ended = airlock::scope().run_infallible(|_| {
        for order in 0..intents {
            airlock::enqueue(save(order % orders));
        }
    });
    assert!(ended.is_ok());
}
