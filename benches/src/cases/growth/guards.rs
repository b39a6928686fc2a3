//! Guards that are replaced in a loop: each one is entered before its predecessor is dropped.

use airlock::policy::allow_if;

use super::row::{Row, one_each};
use super::stack::Stack;
use crate::work::record;

pub(super) const REASSIGNED: Row = Row {
    name: "growth_reassigned_guards",
    item: "guard",
    base: 2_000,
    items: one_each,
    stack: Stack::Large,
    work: reassigned,
};

fn reassigned(guards: u64) {
    let ended = airlock::scope().run_infallible(|_| {
        let mut guard = airlock::policy(allow_if(|_| true)).enter();
        for order in 1..guards {
            airlock::enqueue(record(order, 7, 99));
            // The right-hand side is evaluated before the old guard is dropped.
            guard = airlock::policy(allow_if(|_| true)).enter();
        }
        drop(guard);
    });
    assert!(ended.is_ok());
}
