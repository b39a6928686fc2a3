//! Routing: executors from many scopes, and two executors in turn.

use std::hint::black_box;
use std::sync::Arc;

use airlock::ScopeBuilder;
use airlock::executor::{Batch, Executor};

use super::row::{Row, one_each};
use super::stack::Stack;
use crate::work::record;

pub(super) const TWO_EXECUTORS: Row = Row {
    name: "growth_two_executors",
    item: "intent",
    base: 5_000,
    items: one_each,
    stack: Stack::Usual,
    work: two_executors,
};

pub(super) const SCOPES_WITH_EXECUTORS: Row = Row {
    name: "growth_scopes_with_executors",
    item: "scope",
    base: 5_000,
    items: one_each,
    stack: Stack::Usual,
    work: scopes_with_executors,
};

pub(super) const BATCH_FROM_SCOPES: Row = Row {
    name: "growth_batch_from_scopes",
    item: "scope",
    base: 4_000,
    items: one_each,
    stack: Stack::Usual,
    work: batch_from_scopes,
};

/// An executor that performs inline. Each value is a distinct executor, even for a core that
/// recognises equal ones.
struct Numbered(u64);

impl Executor for Numbered {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        black_box(self.0);
        batch.perform_all();
    }
}

#[airlock::effect(batch)]
fn gather(orders: Vec<u64>) {
    black_box(orders.len());
}

/// Sends every second intent to another executor. Clones of a scope builder share its executor.
fn two_executors(intents: u64) {
    let scopes = [
        airlock::scope().executor(Numbered(0)),
        airlock::scope().executor(Numbered(1)),
    ];
    captured(intents, |order| {
        let scope: &ScopeBuilder = &scopes[usize::from(order % 2 == 1)];
        scope.clone()
    });
}

fn scopes_with_executors(scopes: u64) {
    captured(scopes, |order| airlock::scope().executor(Numbered(order)));
}

fn captured(scopes: u64, scope: impl Fn(u64) -> ScopeBuilder) {
    let ended = airlock::scope().run_infallible(|_| {
        for order in 0..scopes {
            let ended = scope(order).run_infallible(|_| airlock::enqueue(record(order, 7, 99)));
            assert!(ended.is_ok());
        }
    });
    assert!(ended.is_ok());
}

/// Opens scopes that all use one shared executor.
fn batch_from_scopes(scopes: u64) {
    let shared: Arc<dyn Executor> = Arc::new(Numbered(0));
    let ended = airlock::scope().run_infallible(|_| {
        for order in 0..scopes {
            let scope = airlock::scope().executor(shared.clone());
            let ended = scope.run_infallible(|_| airlock::enqueue(gather(order)));
            assert!(ended.is_ok());
        }
    });
    assert!(ended.is_ok());
}
