//! Measures how fast empty effects are performed, in one process and in four.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use airlock::river::River;
use airlock::{Airlock, BoxError};
use riverqueue::{Job, QueueConfig, WorkContext, WorkOutcome, Workers};
use sqlx::Pool;

use super::hand_over::{store, store_raw};
use super::{ByHand, Side, median, print_ratio};
use crate::{Db, RAW_CLAIM, STORE, TIDY};

/// Enough jobs that starting four processes takes a small part of the time.
const JOBS: usize = 32_000;
const ROUNDS: usize = 3;
const CONCURRENCY: usize = 200;
const COOLDOWN: Duration = Duration::from_millis(5);

pub(super) async fn measure(pool: &Pool<Db>, url: &str) -> Result<(), BoxError> {
    for processes in [1, 4] {
        let (mut ours, mut peer) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(performed(Side::Ours, pool, url, processes).await?);
            peer.push(performed(Side::Peer, pool, url, processes).await?);
        }
        let name = format!("work_{processes}");
        print_ratio(&name, median(ours), median(peer), "jobs per second");
    }
    let begun = Instant::now();
    store_raw(pool, JOBS).await?;
    let stored = begun.elapsed();
    let begun = Instant::now();
    while !sqlx::query(RAW_CLAIM).fetch_all(pool).await?.is_empty() {}
    println!(
        "      for scale, raw rows claimed and deleted by 100: {:.0} per second on {STORE} (stored in {stored:?})",
        JOBS as f64 / begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Returns the jobs finished per second, from the first to the last one. The start of the processes
/// does not count.
async fn performed(
    side: Side,
    pool: &Pool<Db>,
    url: &str,
    processes: usize,
) -> Result<f64, BoxError> {
    super::empty(pool).await?;
    let river = River::new(pool.clone())?;
    let client = crate::river(pool.clone()).build()?;
    for _ in 0..JOBS / 1000 {
        store(side, &river, &client, pool, 1000).await?;
    }
    // Leftovers of earlier runs and stale table statistics must not affect the comparison.
    sqlx::query(TIDY).execute(pool).await?;
    let mut workers = Vec::new();
    for _ in 0..processes {
        workers.push(Worker::start(side, url)?);
    }
    let mut first = None;
    loop {
        let left: i64 =
            sqlx::query_scalar("SELECT count(*) FROM river_job WHERE finalized_at IS NULL")
                .fetch_one(pool)
                .await?;
        let done = JOBS - usize::try_from(left)?;
        if done > 0 && first.is_none() {
            first = Some((Instant::now(), done));
        }
        if left == 0 {
            let (begun, before) = first.unwrap_or((Instant::now(), 0));
            return Ok((JOBS - before) as f64 / begun.elapsed().as_secs_f64());
        }
        for worker in &mut workers {
            if let Some(status) = worker.0.try_wait()? {
                return Err(format!("a worker has ended: {status}").into());
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A child process that works until it is dropped.
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
pub(super) async fn run(side: Side, url: &str) -> Result<(), BoxError> {
    let pool = crate::connect(url).await?;
    match side {
        Side::Ours => {
            // The resource of the latency effect is not supplied here.
            let airlock = Airlock::builder().skip_resource_check().build()?;
            let worker = River::new(pool)?.worker(airlock);
            let worker = worker.concurrency(CONCURRENCY).look_at_most_every(COOLDOWN);
            Ok(worker.start()?.wait().await?)
        }
        Side::Peer => {
            let mut workers = Workers::new();
            workers.add_fn(async |_: WorkContext, job: Job<ByHand>| {
                drop(job);
                Ok::<_, BoxError>(WorkOutcome::Complete)
            })?;
            let client = crate::river(pool)
                .workers(workers)
                .fetch_cooldown(COOLDOWN)
                .queue("default", QueueConfig::new(CONCURRENCY))
                .build()?;
            Ok(client.start()?.wait().await?)
        }
    }
}
