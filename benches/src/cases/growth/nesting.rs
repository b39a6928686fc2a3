//! Nested scopes of increasing depth.

use airlock::scope::ScopeGuard;

use super::row::{Row, one_each, triangle};
use super::stack::Stack;
use crate::work::record;

pub(super) const INNERMOST: Row = Row {
    name: "growth_nested_innermost",
    item: "level",
    base: 500,
    items: one_each,
    stack: Stack::Usual,
    work: innermost,
};

pub(super) const INNERMOST_CLOSURES: Row = Row {
    name: "growth_nested_innermost_closures",
    item: "level",
    base: 100,
    items: one_each,
    stack: Stack::Large,
    work: closures,
};

pub(super) const EACH_LEVEL: Row = Row {
    name: "growth_nested_each_level",
    item: "intent and level",
    base: 250,
    items: triangle,
    stack: Stack::Usual,
    work: each_level,
};

fn innermost(depth: u64) {
    let guards: Vec<_> = (0..depth).map(|_| airlock::scope().enter()).collect();
    airlock::enqueue(record(depth, 7, 99));
    flush_all(guards);
}

fn each_level(depth: u64) {
    let enter = |level| {
        let guard = airlock::scope().enter();
        airlock::enqueue(record(level, 7, 99));
        guard
    };
    flush_all((0..depth).map(enter).collect());
}

fn closures(depth: u64) {
    let ended = airlock::scope().run_infallible(|_| {
        if depth > 1 {
            closures(depth - 1);
        } else {
            airlock::enqueue(record(depth, 7, 99));
        }
    });
    assert!(ended.is_ok());
}

/// Flushes the scopes, the innermost one first.
pub(super) fn flush_all(mut guards: Vec<ScopeGuard>) {
    while let Some(guard) = guards.pop() {
        assert!(guard.flush().is_ok());
    }
}
