//! Measures how fast empty effects are performed, in one process and in four.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use airlock::nats::async_nats::jetstream::{Context, consumer};
use airlock::{Airlock, BoxError};
use futures_util::StreamExt as _;

use super::publish::{publish_by_hand, publish_ours};
use super::{ByHand, Side, context, empty, median, nats, print_ratio, stream_of};

const MESSAGES: usize = 20_000;
const ROUNDS: usize = 5;

/// The number of messages that each process performs concurrently.
const CONCURRENCY: usize = 100;

pub(super) async fn measure(url: &str, replicas: usize) -> Result<(), BoxError> {
    let context = context(url).await?;
    for processes in [1, 4] {
        let (mut ours, mut peer) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(performed(Side::Ours, &context, url, processes, replicas).await?);
            peer.push(performed(Side::Peer, &context, url, processes, replicas).await?);
        }
        let name = format!("consume_r{replicas}_{processes}");
        print_ratio(&name, median(ours), median(peer));
    }
    Ok(())
}

/// Returns the messages performed per second, from the first to the last one. The start of the
/// processes does not count.
async fn performed(
    side: Side,
    context: &Context,
    url: &str,
    processes: usize,
    replicas: usize,
) -> Result<f64, BoxError> {
    empty(context, side).await?;
    match side {
        Side::Ours => publish_ours(&nats(url, 1000, replicas).await?, MESSAGES).await?,
        Side::Peer => publish_by_hand(context, 1000, MESSAGES, 0).await?,
    }
    let mut workers = Vec::new();
    for _ in 0..processes {
        workers.push(Worker::start(side, url)?);
    }
    let mut first = None;
    let stream = context.get_stream(stream_of(side)).await?;
    loop {
        let left = usize::try_from(stream.get_info().await?.state.messages)?;
        let done = MESSAGES.saturating_sub(left);
        if done > 0 && first.is_none() {
            first = Some((Instant::now(), done));
        }
        if left == 0 {
            let (begun, before) = first.unwrap_or((Instant::now(), 0));
            return Ok((MESSAGES - before) as f64 / begun.elapsed().as_secs_f64());
        }
        for worker in &mut workers {
            if let Some(status) = worker.0.try_wait()? {
                return Err(format!("a worker has ended: {status}").into());
            }
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A child process that performs messages until it is dropped.
struct Worker(Child);

impl Worker {
    fn start(side: Side, url: &str) -> Result<Self, BoxError> {
        let side = match side {
            Side::Ours => "ours",
            Side::Peer => "peer",
        };
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["work", side, url]).stdin(Stdio::null());
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs such a process.
pub(super) async fn work(side: Side, url: &str) -> Result<(), BoxError> {
    match side {
        Side::Ours => {
            let airlock = Airlock::builder().build()?;
            let worker = nats(url, 1, 1).await?.worker(airlock);
            let running = worker.concurrency(CONCURRENCY).start().await?;
            std::future::pending::<()>().await;
            drop(running);
            Ok(())
        }
        Side::Peer => {
            let stream = context(url).await?.get_stream("by-hand").await?;
            let config = consumer::pull::Config {
                durable_name: Some("by-hand".to_owned()),
                max_ack_pending: -1,
                ..consumer::pull::Config::default()
            };
            let consumer = stream.create_consumer(config).await?;
            let messages = consumer.stream().max_messages_per_batch(CONCURRENCY);
            let messages = messages.messages().await?;
            let work = messages.for_each_concurrent(CONCURRENCY, async |message| {
                let Ok(message) = message else { return };
                let worked = tokio::spawn(async move {
                    let args: ByHand = serde_json::from_slice(&message.payload)?;
                    drop((args.order, args.to));
                    message.double_ack().await
                });
                let _ = worked.await;
            });
            work.await;
            Ok(())
        }
    }
}
