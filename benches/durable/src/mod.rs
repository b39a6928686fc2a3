//! The measurements, identical for each store.
//!
//! Airlock and River used by hand take turns, in one process and on one database. The ratio is
//! computed from their medians.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

mod hand_over;
mod latency;
mod work;

use std::process::ExitCode;

use airlock::BoxError;
use airlock::river::River;
use riverqueue::JobArgs;
use serde::{Deserialize, Serialize};
use sqlx::Pool;

use crate::{Db, STORE};

/// Does nothing. The measurement is about everything around it.
#[airlock::effect(durable, name = "bench.nothing")]
pub(crate) fn nothing(order: i64, to: String) {
    drop((order, to));
}

/// The same arguments as a plain River job.
#[derive(Clone, Serialize, Deserialize, JobArgs)]
#[river(kind = "bench.by_hand")]
pub(crate) struct ByHand {
    pub(crate) order: i64,
    pub(crate) to: String,
}

pub(crate) const TO: &str = "somebody.with.a.name@example.org";

/// The implementation that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Peer,
}

pub(crate) async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match arguments[..] {
        ["work", "ours", url] => work::run(Side::Ours, url).await,
        ["work", "peer", url] => work::run(Side::Peer, url).await,
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
    let server = crate::Server::start()?;
    let url = server.url();
    let pool = crate::connect(&url).await?;
    River::new(pool.clone())?.migrate().await?;
    hand_over::measure(&pool).await?;
    work::measure(&pool, &url).await?;
    latency::measure(&pool).await
}

/// Prints one row in the format of `cargo xtask bench`.
pub(crate) fn print_ratio(name: &str, ours: f64, peer: f64, unit: &str) {
    let ratio = ours / peer;
    let within = if ratio >= 0.9 { "ok" } else { "over" };
    println!(
        "ratio durable_{STORE}_{name} {ratio:.3} (ours {ours:.1}, peer {peer:.1}, {unit}, budget >= 0.9) {within}"
    );
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) async fn empty(pool: &Pool<Db>) -> Result<(), BoxError> {
    sqlx::query("DELETE FROM river_job").execute(pool).await?;
    Ok(())
}
