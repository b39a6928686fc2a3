//! Measures storing intents, in transactions of several sizes.

use std::time::Instant;

use airlock::BoxError;
use airlock::river::River;
use riverqueue::{Client, InsertBatch, InsertOpts};
use sqlx::Pool;

use super::{ByHand, Side, TO, empty, median, nothing, print_ratio};
use crate::{Db, RAW_INSERT, RAW_TABLE, STORE};

/// The number of intents in a transaction, and the number of transactions timed together.
const SIZES: [(usize, usize); 4] = [(1, 200), (3, 150), (100, 20), (1000, 4)];

const ROUNDS: usize = 7;

pub(super) async fn measure(pool: &Pool<Db>) -> Result<(), BoxError> {
    let river = River::new(pool.clone())?;
    let client = crate::river(pool.clone()).build()?;
    sqlx::query(RAW_TABLE).execute(pool).await?;
    for (size, transactions) in SIZES {
        let (mut ours, mut peer, mut raw) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            empty(pool).await?;
            let begun = Instant::now();
            for _ in 0..transactions {
                store(Side::Ours, &river, &client, pool, size).await?;
            }
            ours.push(rate(begun, size * transactions));
            empty(pool).await?;
            let begun = Instant::now();
            for _ in 0..transactions {
                store(Side::Peer, &river, &client, pool, size).await?;
            }
            peer.push(rate(begun, size * transactions));
            let begun = Instant::now();
            for _ in 0..transactions {
                store_raw(pool, size).await?;
            }
            raw.push(rate(begun, size * transactions));
            sqlx::query("DELETE FROM raw").execute(pool).await?;
        }
        let name = format!("hand_over_{size}");
        print_ratio(&name, median(ours), median(peer), "intents per second");
        println!(
            "      for scale, raw rows in one statement: {:.0} per second on {STORE}",
            median(raw)
        );
    }
    empty(pool).await
}

/// Stores `size` intents in one transaction.
pub(super) async fn store(
    side: Side,
    river: &River<Db>,
    client: &Client,
    pool: &Pool<Db>,
    size: usize,
) -> Result<(), BoxError> {
    let numbers = 0..i64::try_from(size)?;
    match side {
        Side::Ours => {
            let run = river.transaction(async |_| -> Result<(), BoxError> {
                for order in numbers {
                    airlock::enqueue(nothing(order, TO.to_owned()));
                }
                Ok(())
            });
            run.await
        }
        Side::Peer => {
            let mut batch = InsertBatch::new();
            for order in numbers {
                let args = ByHand {
                    order,
                    to: TO.to_owned(),
                };
                batch.push_with(args, InsertOpts::default());
            }
            crate::insert_by_hand(client, pool, batch).await
        }
    }
}

/// Inserts the rows in one statement, without any queue.
pub(super) async fn store_raw(pool: &Pool<Db>, size: usize) -> Result<(), BoxError> {
    let rows: Vec<String> = (0..size)
        .map(|order| format!(r#"{{"order":{order},"to":"{TO}"}}"#))
        .collect();
    let mut transaction = pool.begin().await?;
    let insert = sqlx::query(RAW_INSERT).bind(format!("[{}]", rows.join(",")));
    insert.execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

fn rate(begun: Instant, intents: usize) -> f64 {
    intents as f64 / begun.elapsed().as_secs_f64()
}
