//! Starting processes, killing them, and waiting for the end.

use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use airlock::BoxError;
use airlock::river::River;
use sqlx::AssertSqlSafe;

use super::Options;
use super::check::{Counts, given_up, unfinished};
use super::effects::TABLES;

const PRODUCERS: usize = 2;
const WORKERS: usize = 4;

/// How long the workers may take for what is left once nothing is killed any more.
const TO_FINISH: Duration = Duration::from_secs(300);

pub(crate) async fn run(options: &Options) -> ExitCode {
    println!(
        "{}: {} minutes, seed {}",
        crate::PROGRAM,
        options.minutes,
        options.seed
    );
    match kill_and_check(options).await {
        Ok((counts, kills)) => {
            if counts.not_once > 0 {
                println!("{} orders were booked more than once", counts.not_once);
            }
            println!(
                "chaos: {} committed, {} lost, {} ghosts, {} duplicates, {kills} kills",
                counts.committed, counts.lost, counts.ghosts, counts.duplicates
            );
            match counts.is_sound() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn kill_and_check(options: &Options) -> Result<(Counts, u32), BoxError> {
    let mut random = fastrand::Rng::with_seed(options.seed);
    let mut server = crate::Server::start()?;
    let url = server.url();
    let pool = crate::connect(&url).await?;
    River::new(pool.clone())?.migrate().await?;
    for table in TABLES {
        let unique = if table == "orders" {
            " PRIMARY KEY"
        } else {
            ""
        };
        let create = format!("CREATE TABLE {table} (id BIGINT{unique})");
        sqlx::query(AssertSqlSafe(create)).execute(&pool).await?;
    }
    let mut processes = Processes::start(url)?;
    let mut kills = 0;
    let begun = Instant::now();
    while begun.elapsed() < options.time() {
        tokio::time::sleep(Duration::from_millis(random.u64(100..1500))).await;
        // Now and then the database itself, where it is a server.
        if random.u8(0..10) == 0 && server.crash()? {
            kills += 1;
        } else {
            processes.kill_one(&mut random)?;
            kills += 1;
        }
    }
    processes.stop_producing();
    finish(&pool, &mut processes).await?;
    let counts = Counts::of(&pool).await?;
    Ok((counts, kills))
}

/// Waits until every job is finished.
async fn finish(pool: &sqlx::Pool<crate::Db>, processes: &mut Processes) -> Result<(), BoxError> {
    let begun = Instant::now();
    loop {
        let left = unfinished(pool).await.unwrap_or(i64::MAX);
        if left == 0 {
            break;
        }
        if begun.elapsed() > TO_FINISH {
            return Err(format!("{left} jobs are not finished after {TO_FINISH:?}").into());
        }
        processes.restart_ended()?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    match given_up(pool).await? {
        0 => Ok(()),
        jobs => {
            println!("{jobs} jobs were given up");
            Ok(())
        }
    }
}

/// The processes that are killed.
struct Processes {
    url: String,
    producers: Vec<Child>,
    workers: Vec<Child>,
    /// The first number of the next producer's orders: far apart, since a killed one leaves off anywhere.
    next_order: i64,
}

impl Processes {
    fn start(url: String) -> Result<Self, BoxError> {
        let mut processes = Self {
            url,
            producers: Vec::new(),
            workers: Vec::new(),
            next_order: 0,
        };
        for _ in 0..PRODUCERS {
            let producer = processes.producer()?;
            processes.producers.push(producer);
        }
        for _ in 0..WORKERS {
            let worker = processes.worker()?;
            processes.workers.push(worker);
        }
        Ok(processes)
    }

    fn producer(&mut self) -> Result<Child, BoxError> {
        self.next_order += 10_000_000;
        let first = self.next_order.to_string();
        spawn(&["produce", &self.url, &first])
    }

    fn worker(&self) -> Result<Child, BoxError> {
        spawn(&["work", &self.url])
    }

    /// Kills one at random, and starts another in its place.
    fn kill_one(&mut self, random: &mut fastrand::Rng) -> Result<(), BoxError> {
        let number = random.usize(0..PRODUCERS + WORKERS);
        if number < PRODUCERS {
            kill(&mut self.producers[number])?;
            self.producers[number] = self.producer()?;
        } else {
            let worker = number - PRODUCERS;
            kill(&mut self.workers[worker])?;
            self.workers[worker] = self.worker()?;
        }
        self.restart_ended()
    }

    /// A process whose database was killed while it started ends by itself.
    fn restart_ended(&mut self) -> Result<(), BoxError> {
        for number in 0..self.producers.len() {
            if self.producers[number].try_wait()?.is_some() {
                self.producers[number] = self.producer()?;
            }
        }
        for number in 0..self.workers.len() {
            if self.workers[number].try_wait()?.is_some() {
                self.workers[number] = self.worker()?;
            }
        }
        Ok(())
    }

    fn stop_producing(&mut self) {
        for mut producer in self.producers.drain(..) {
            let _ = kill(&mut producer);
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for process in self.producers.iter_mut().chain(&mut self.workers) {
            let _ = kill(process);
        }
    }
}

/// Ends a process by SIGKILL.
fn kill(process: &mut Child) -> std::io::Result<()> {
    process.kill()?;
    process.wait().map(drop)
}

fn spawn(arguments: &[&str]) -> Result<Child, BoxError> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    Ok(command.spawn()?)
}
