//! Policies around many scopes, behind many handles, and around many intents.

use airlock::Airlock;
use airlock::policy::allow_if;

use super::row::{Row, one_each};
use super::stack::Stack;
use crate::work::record;

/// The number of intents of each handle.
const ROUNDS: u64 = 10;

pub(super) const UNDER_AIRLOCK_POLICY: Row = Row {
    name: "growth_scopes_under_airlock_policy",
    item: "scope",
    base: 5_000,
    items: one_each,
    stack: Stack::Usual,
    work: under_airlock_policy,
};

pub(super) const UNDER_PARENT_POLICY: Row = Row {
    name: "growth_scopes_under_parent_policy",
    item: "scope",
    base: 5_000,
    items: one_each,
    stack: Stack::Usual,
    work: under_parent_policy,
};

pub(super) const HANDLES: Row = Row {
    name: "growth_handles_under_policies",
    item: "intent",
    base: 10_000,
    items: one_each,
    stack: Stack::Usual,
    work: handles,
};

pub(super) const ONE_POLICY: Row = Row {
    name: "growth_one_policy",
    item: "intent",
    base: 12_500,
    items: one_each,
    stack: Stack::Usual,
    work: one_policy,
};

fn under_airlock_policy(scopes: u64) {
    let airlock = Airlock::builder().policy(allow_if(|_| true));
    let Ok(airlock) = airlock.build() else {
        unreachable!("the catalogue is sound")
    };
    airlock.run(|| {
        let ended = airlock::scope().run_infallible(|_| plain_scopes(scopes));
        assert!(ended.is_ok());
    });
}

fn under_parent_policy(scopes: u64) {
    let parent = airlock::scope().policy(allow_if(|_| true));
    let ended = parent.run_infallible(|_| plain_scopes(scopes));
    assert!(ended.is_ok());
}

fn plain_scopes(scopes: u64) {
    for order in 0..scopes {
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(record(order, 7, 99)));
        assert!(ended.is_ok());
    }
}

/// Uses the handles in turn, so that consecutive intents are under different policies.
fn handles(intents: u64) {
    let ended = airlock::scope().run_infallible(|_| {
        let policy = |_| airlock::policy(allow_if(|_| true)).run(airlock::current);
        let handles: Vec<_> = (0..intents / ROUNDS).filter_map(policy).collect();
        for order in 0..ROUNDS {
            for handle in &handles {
                handle.enter(|| airlock::enqueue(record(order, 7, 99)));
            }
        }
    });
    assert!(ended.is_ok());
}

fn one_policy(intents: u64) {
    let scope = airlock::scope().policy(allow_if(|_| true));
    let ended = scope.run_infallible(|_| {
        for order in 0..intents {
            airlock::enqueue(record(order, 7, 99));
        }
    });
    assert!(ended.is_ok());
}
