//! Measures the time from the commit of an intent to the start of its effect, with an idle worker.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use airlock::river::River;
use airlock::{Airlock, BoxError};
use sqlx::Pool;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::{Db, STORE};

const INTENTS: usize = 200;

/// Sends the time at which it starts.
#[airlock::effect(durable, name = "bench.tell")]
pub(crate) fn tell(#[resource] begun: &Begun) {
    let sender = begun.0.lock().expect("no panic");
    sender.send(Instant::now()).expect("somebody waits");
}

/// The channel on which effects report that they start.
pub(crate) struct Begun(Mutex<UnboundedSender<Instant>>);

pub(super) async fn measure(pool: &Pool<Db>) -> Result<(), BoxError> {
    let (send, mut receive) = unbounded_channel();
    let begun = Arc::new(Begun(Mutex::new(send)));
    let airlock = Airlock::builder().resource(begun).build()?;
    let river = River::new(pool.clone())?;
    let worker = river.worker(airlock).start()?;
    let mut waits = Vec::new();
    for _ in 0..INTENTS {
        let run = river.transaction(async |_| -> Result<(), BoxError> {
            airlock::enqueue(tell());
            Ok(())
        });
        run.await?;
        let committed = Instant::now();
        let begun = receive.recv().await.ok_or("the worker has ended")?;
        waits.push(begun.saturating_duration_since(committed));
        // Like real requests, at no multiple of the worker's intervals.
        tokio::time::sleep(Duration::from_millis(37)).await;
    }
    worker.stop().await?;
    waits.sort_unstable();
    println!(
        "      pick-up on {STORE}, from the commit to the effect: p50 {:?}, p99 {:?}",
        waits[INTENTS / 2],
        waits[INTENTS * 99 / 100]
    );
    Ok(())
}
