//! The cost of capturing, for each intent and each level that it passes through.

use super::nesting::flush_all;
use super::row::Row;
use super::stack::Stack;
use crate::work::record;

/// The number of levels around many intents.
const LEVELS_AROUND: u64 = 16;

/// The number of intents within many levels.
const INTENTS_WITHIN: u64 = 100;

pub(super) const INTENTS: Row = Row {
    name: "growth_capture_intents",
    item: "intent and level",
    base: 5_000,
    items: |intents| intents * LEVELS_AROUND,
    stack: Stack::Usual,
    work: |intents| nest(intents, LEVELS_AROUND),
};

pub(super) const LEVELS: Row = Row {
    name: "growth_capture_levels",
    item: "intent and level",
    base: 50,
    items: |levels| levels * INTENTS_WITHIN,
    stack: Stack::Usual,
    work: |levels| nest(INTENTS_WITHIN, levels),
};

fn nest(intents: u64, levels: u64) {
    let guards = (0..levels).map(|_| airlock::scope().enter()).collect();
    for order in 0..intents {
        airlock::enqueue(record(order, 7, 99));
    }
    flush_all(guards);
}
