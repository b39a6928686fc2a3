//! NATS JetStream: shops forward their durable effects to a stream, and any number of workers perform them.

use airlock::nats::async_nats::ConnectOptions;
use airlock::nats::{Keys, Nats, Running};

use crate::error::StartError;
use crate::partners::Partners;
use crate::settings::{LOST_AFTER, WORKER_PATIENCE, WorkerSettings};

/// The name of the stream. Shops and workers with the same stream need the same key.
const STREAM: &str = "shop";

/// Opens JetStream for a shop. NATS may be down: until it is up, and a worker has created the stream, the durable
/// effects wait in the database.
pub(crate) async fn open(url: &str, key: [u8; 32]) -> Result<Nats, StartError> {
    let options = ConnectOptions::new().retry_on_initial_connect();
    connect(options, url, key).await
}

/// Starts a worker that performs the durable effects of all shops in the stream, with these partners. Creates the
/// stream if it is missing. Must be called within a tokio runtime.
///
/// # Errors
///
/// [`StartError::Connect`], [`StartError::Nats`], [`StartError::Effects`], [`StartError::Stream`].
pub async fn start_worker(
    settings: &WorkerSettings,
    partners: &Partners,
) -> Result<Running, StartError> {
    let nats = connect(ConnectOptions::new(), &settings.nats, settings.key).await?;
    nats.ensure_stream().await?;
    let worker = nats
        .worker(partners.airlock().build()?)
        .lost_after(LOST_AFTER)
        .stop_within(WORKER_PATIENCE);
    Ok(worker.start().await?)
}

async fn connect(options: ConnectOptions, url: &str, key: [u8; 32]) -> Result<Nats, StartError> {
    let servers: Vec<&str> = url.split(',').collect();
    let nats = Nats::builder(options.connect(servers).await?);
    Ok(nats.name(STREAM).keys(Keys::new(key)).build()?)
}
