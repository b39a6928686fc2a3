//! A worker for several shops: it performs the durable effects that they forward to NATS JetStream. Start as many as
//! you like.
//!
//! ```text
//! cargo run -p shop-worker -- --nats nats://127.0.0.1:4222
//! ```

#![allow(clippy::print_stdout, reason = "it tells when it is ready")]

use std::error::Error;

use shop::Outside;
use shop::settings::{self, WorkerSettings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    settings::log();
    let settings = WorkerSettings::read()?;
    let stopped = settings::stopped()?;
    let partners = Outside::printing().partners();
    let worker = shop::start_worker(&settings, &partners).await?;
    println!("the worker is ready");
    stopped.await;
    worker.stop().await;
    Ok(())
}
