//! The roles of the processes that are killed.

use std::time::Duration;

use airlock::nats::{Nats, async_nats};
use airlock::river::River;
use airlock::{Airlock, BoxError, IntoIntent};

use crate::effects::{ship, tell};
use crate::{Db, urls};

/// The roles, with the number of processes of each.
pub(crate) const ROLES: &[(&str, usize)] = &[("produce", 2), ("forward", 2), ("work", 4)];

/// The number of customers of each producer.
const CUSTOMERS: i64 = 8;

pub(crate) async fn play(role: &str, url: &str, first: i64) -> Result<(), BoxError> {
    match role {
        "produce" => produce(url, first).await,
        "forward" => forward(url).await,
        _ => work(url).await,
    }
}

pub(crate) async fn nats(url: &str) -> Result<Nats, BoxError> {
    let servers: Vec<String> = urls(url).1.split(',').map(str::to_owned).collect();
    let options = async_nats::ConnectOptions::new().retry_on_initial_connect();
    let client = options.connect(servers).await?;
    Ok(Nats::builder(client).replicas(3).partitions(8).build()?)
}

async fn river(url: &str) -> Result<River<Db>, BoxError> {
    let river = River::builder(crate::connect(url).await?);
    Ok(river.forward_all(nats(url).await?).build()?)
}

/// Takes orders until it is killed. Each order has a unique number; every third transaction is rolled back.
async fn produce(url: &str, first: i64) -> Result<(), BoxError> {
    let river = river(url).await?;
    for order in first.. {
        let customer = first + order % CUSTOMERS;
        let taken = river.transaction(async |connection| {
            let insert = sqlx::query("INSERT INTO orders (id) VALUES ($1)").bind(order);
            insert.execute(connection).await?;
            airlock::enqueue(ship(order));
            airlock::enqueue(tell(customer, order).in_order_of(format!("customer {customer}")));
            match order % 3 {
                0 => Err(BoxError::from("rolled back on purpose")),
                _ => Ok(()),
            }
        });
        let _ = taken.await;
        // Limits the rate to what forwarders that are killed all the time can handle.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Forwards committed intents until it is killed.
async fn forward(url: &str) -> Result<(), BoxError> {
    let forwarder = river(url).await?.forwarder();
    let forwarder = forwarder
        .poll_every(Duration::from_millis(200))
        .rescue_after(Duration::from_secs(8));
    Ok(forwarder.start()?.wait().await?)
}

/// Performs effects until it is killed.
async fn work(url: &str) -> Result<(), BoxError> {
    let airlock = Airlock::builder().resource(crate::connect(url).await?);
    let worker = nats(url).await?.worker(airlock.build()?);
    let running = worker
        .concurrency(20)
        .lost_after(Duration::from_secs(4))
        .start()
        .await?;
    std::future::pending::<()>().await;
    drop(running);
    Ok(())
}
