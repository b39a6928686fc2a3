//! Durable effects on private NATS servers, compared with async-nats used by hand.
//!
//! By hand means what a careful program does without airlock: an id for each message, an awaited
//! acknowledgement for each, and a double acknowledgement after the work. Both sides take turns on
//! the same servers. The ratio is computed from their medians.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

mod consume;
mod publish;

use std::process::ExitCode;
use std::time::Duration;

use airlock::BoxError;
use airlock::nats::{Nats, async_nats};
use airlock_servers::Nats as Servers;
use async_nats::jetstream::{self, Context, stream};
use serde::{Deserialize, Serialize};

/// Does nothing. The measurement is about everything around it.
#[airlock::effect(durable, name = "bench.nothing", timeout = "5s")]
pub(crate) async fn nothing(order: i64, to: String) {
    drop((order, to));
}

/// The same arguments as a hand-written message.
#[derive(Serialize, Deserialize)]
pub(crate) struct ByHand {
    pub(crate) order: i64,
    pub(crate) to: String,
    /// Pads the message to the length of an envelope.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) filler: String,
}

pub(crate) const TO: &str = "somebody.with.a.name@example.org";

/// The minimum ratio of our rate to the peer's.
const BUDGET: f64 = 0.85;

/// The implementation that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Peer,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match arguments[..] {
        ["work", "ours", url] => consume::work(Side::Ours, url).await,
        ["work", "peer", url] => consume::work(Side::Peer, url).await,
        [] => measure().await,
        _ => Err("this program takes no arguments".into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<(), BoxError> {
    for replicas in [1, 3] {
        let servers = Servers::cluster(replicas)?;
        let url = servers.url();
        create_streams(&url, replicas).await?;
        publish::measure(&url, replicas).await?;
        consume::measure(&url, replicas).await?;
    }
    Ok(())
}

async fn create_streams(url: &str, replicas: usize) -> Result<(), BoxError> {
    let nats = nats(url, 256, replicas).await?;
    let by_hand = stream::Config {
        name: "by-hand".to_owned(),
        subjects: vec!["by-hand.>".to_owned()],
        retention: stream::RetentionPolicy::WorkQueue,
        num_replicas: replicas,
        duplicate_window: Duration::from_secs(600),
        ..stream::Config::default()
    };
    let context = context(url).await?;
    // The servers may still be electing a leader.
    for _ in 0..50 {
        if nats.ensure_stream().await.is_ok()
            && context.create_stream(by_hand.clone()).await.is_ok()
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err("the streams could not be created".into())
}

pub(crate) async fn nats(url: &str, window: usize, replicas: usize) -> Result<Nats, BoxError> {
    let builder = Nats::builder(client(url).await?).syncs_always();
    Ok(builder.window(window).replicas(replicas).build()?)
}

pub(crate) async fn client(url: &str) -> Result<async_nats::Client, BoxError> {
    let servers: Vec<String> = url.split(',').map(str::to_owned).collect();
    Ok(async_nats::connect(servers).await?)
}

pub(crate) async fn context(url: &str) -> Result<Context, BoxError> {
    Ok(jetstream::new(client(url).await?))
}

pub(crate) fn stream_of(side: Side) -> &'static str {
    match side {
        Side::Ours => "airlock",
        Side::Peer => "by-hand",
    }
}

/// Removes all messages from the stream of a side.
pub(crate) async fn empty(context: &Context, side: Side) -> Result<(), BoxError> {
    let stream = context.get_stream(stream_of(side)).await?;
    stream.purge().await?;
    Ok(())
}

/// Prints one row in the format of `cargo xtask bench`.
pub(crate) fn print_ratio(name: &str, ours: f64, peer: f64) {
    let ratio = ours / peer;
    let within = if ratio >= BUDGET { "ok" } else { "over" };
    println!(
        "ratio nats_{name} {ratio:.3} (ours {ours:.0}, peer {peer:.0}, messages per second, budget >= {BUDGET}) {within}"
    );
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
