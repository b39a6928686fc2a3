//! For scale: the alternatives for each effect, a task or a message.

use airlock::tokio::Spawn;
use tokio::runtime::{Builder, Runtime};

use crate::harness::{Measured, race};
use crate::run::Places;
use crate::work::{act, record};

const EFFECTS: u64 = 1_000;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let runtime = Builder::new_current_thread()
        .build()
        .map_err(|error| error.to_string())?;
    let spawned = race(
        EFFECTS as usize,
        || runtime.block_on(ours(&runtime)),
        || runtime.block_on(tasks()),
    );
    let inline = || airlock::scope().run_infallible(|_| enqueue_all());
    let sent = race(EFFECTS as usize, inline, || runtime.block_on(messages()));
    Ok(vec![
        Measured::ratio("tokio_spawn", spawned, "ns per effect"),
        Measured::ratio("tokio_mpsc", sent, "ns per effect"),
    ])
}

fn enqueue_all() {
    for order in 0..EFFECTS {
        airlock::enqueue(record(order, 7, 99));
    }
}

async fn ours(runtime: &Runtime) {
    let spawn = Spawn::on(runtime.handle().clone());
    let ended = airlock::scope()
        .executor(spawn.clone())
        .run_infallible(|_| enqueue_all());
    assert!(ended.is_ok());
    spawn.drained().await;
}

async fn tasks() {
    let tasks: Vec<_> = (0..EFFECTS)
        .map(|order| tokio::spawn(async move { act(order, 7, 99) }))
        .collect();
    for task in tasks {
        assert!(task.await.is_ok());
    }
}

async fn messages() {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(EFFECTS as usize);
    for order in 0..EFFECTS {
        assert!(sender.send((order, 7, 99)).await.is_ok());
    }
    drop(sender);
    while let Some((order, customer, cents)) = receiver.recv().await {
        act(order, customer, cents);
    }
}
