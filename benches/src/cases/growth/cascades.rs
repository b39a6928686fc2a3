//! Effects that enqueue themselves without a depth limit: in the same flush, and on spawned tasks.

use airlock::Airlock;
use airlock::tokio::Spawn;
use tokio::runtime::{Builder, Runtime};

use super::row::{Row, one_each};
use super::stack::{self, Stack};
use crate::harness::{Budget, Measured, at_once};
use crate::run::Places;
use crate::work::act;

pub(super) const SYNC: Row = Row {
    name: "growth_cascade_sync",
    item: "link",
    base: 1_000,
    items: one_each,
    stack: Stack::Large,
    work: |links| _ = chain_sync(links),
};

pub(super) const ASYNC: Row = Row {
    name: "growth_cascade_async",
    item: "link",
    base: 1_000,
    items: one_each,
    stack: Stack::Large,
    work: |links| _ = chain_async(links),
};

pub(super) const SPAWN: Row = Row {
    name: "growth_spawn_chain",
    item: "link",
    base: 2_000,
    items: one_each,
    stack: Stack::Large,
    work: chain_spawned,
};

/// The length of the chains whose use of the stack is reported.
const LINKS: u64 = 4_000;

#[airlock::effect]
fn next(left: u64) {
    act(left, 7, 99);
    stack::note();
    if left > 1 {
        airlock::enqueue(next(left - 1));
    }
}

#[airlock::effect]
async fn next_async(left: u64) {
    act(left, 7, 99);
    stack::note();
    if left > 1 {
        airlock::enqueue(next_async(left - 1));
    }
}

fn unlimited() -> Airlock {
    match Airlock::builder().depth_limit(u32::MAX).build() {
        Ok(airlock) => airlock,
        Err(error) => unreachable!("the catalogue is sound: {error}"),
    }
}

/// Returns the bytes of stack between the links.
fn chain_sync(links: u64) -> usize {
    let ended = unlimited().scope();
    let ended = ended.run_infallible(|_| airlock::enqueue(next(links)));
    assert!(ended.is_ok());
    stack::noted()
}

fn chain_async(links: u64) -> usize {
    let ended = unlimited().scope();
    let ended = ended.run_infallible_async(async |_| airlock::enqueue(next_async(links)));
    assert!(at_once(ended).is_ok());
    stack::noted()
}

fn chain_spawned(links: u64) {
    let runtime = match Builder::new_current_thread().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime: {error}"),
    };
    runtime.block_on(spawned(&runtime, links));
}

async fn spawned(runtime: &Runtime, links: u64) {
    let spawn = Spawn::on(runtime.handle().clone());
    let scope = unlimited().scope().executor(spawn.clone());
    let ended = scope.run_infallible(|_| airlock::enqueue(next(links)));
    assert!(ended.is_ok());
    spawn.drained().await;
}

/// Measures the stack that a long chain uses. A core that recursed would overflow a thread of 2 MB.
pub(in crate::cases) fn stack_of_cascades(_: &Places) -> Result<Vec<Measured>, String> {
    let measured = |name, chain: fn(u64) -> usize| {
        let bytes = Stack::Large.run(|| chain(LINKS)) as f64;
        Measured::cost(name, bytes / 1024.0, "KB of stack for a chain of 4000")
            .budget(Budget::AtMost(64.0))
    };
    Ok(vec![
        measured("growth_cascade_sync_stack", chain_sync),
        measured("growth_cascade_async_stack", chain_async),
    ])
}
