//! The control loop: kills at random, and waits for the end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use airlock::BoxError;

use super::processes::Processes;
use super::{Counts, Options};

/// The timeout for the workers to finish after the last kill.
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
            for broken in &counts.broken {
                println!("{broken}");
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
    let mut servers = crate::Servers::start()?;
    let url = servers.url();
    let pool = crate::connect(&url).await?;
    crate::set_up(&pool, &url).await?;
    let mut processes = Processes::start(url.clone())?;
    let mut kills = 0;
    let begun = Instant::now();
    while begun.elapsed() < options.time() {
        tokio::time::sleep(Duration::from_millis(random.u64(100..1500))).await;
        if random.u8(..) >= crate::SERVER_KILLS || !servers.crash(&mut random)? {
            processes.kill_one(&mut random)?;
        }
        kills += 1;
    }
    processes.stop_producing();
    finish(&pool, &url, &mut processes).await?;
    let counts = crate::count(&pool, &url).await?;
    Ok((counts, kills))
}

/// Waits until no work is left.
async fn finish(
    pool: &sqlx::Pool<crate::Db>,
    url: &str,
    processes: &mut Processes,
) -> Result<(), BoxError> {
    let begun = Instant::now();
    loop {
        let left = crate::unfinished(pool, url).await.unwrap_or(i64::MAX);
        if left == 0 {
            return Ok(());
        }
        if begun.elapsed() > TO_FINISH {
            return Err(format!("{left} jobs are not finished after {TO_FINISH:?}").into());
        }
        processes.restart_ended()?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
