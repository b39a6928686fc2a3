//! Chaos on NATS JetStream: three servers, producers with PostgreSQL, forwarders and workers.

mod check;
#[path = "../driver/mod.rs"]
mod driver;
mod effects;
mod roles;

use std::time::Duration;

use airlock_servers::{Nats, Postgres};
use sqlx::postgres::{PgPool, PgPoolOptions};

pub(crate) use self::check::{count, set_up, unfinished};
pub(crate) use self::roles::{ROLES, play};

pub(crate) type Db = sqlx::Postgres;

pub(crate) const PROGRAM: &str = "chaos-nats";

/// The number of kills out of 256 that hit a NATS server.
pub(crate) const SERVER_KILLS: u8 = 50;

/// PostgreSQL, which is never killed, and three NATS servers.
pub(crate) struct Servers {
    postgres: Postgres,
    nats: Nats,
}

impl Servers {
    pub(crate) fn start() -> Result<Self, String> {
        let postgres = Postgres::start(&["fsync=off"])?;
        let nats = Nats::cluster(3)?;
        Ok(Self { postgres, nats })
    }

    /// Returns the URLs of both, separated by a space.
    pub(crate) fn url(&self) -> String {
        format!("{} {}", self.postgres.url("postgres"), self.nats.url())
    }

    /// Kills one NATS server, and restarts it after a while.
    pub(crate) fn crash(&mut self, random: &mut fastrand::Rng) -> Result<bool, String> {
        let number = random.usize(0..self.nats.size());
        self.nats.crash(number);
        std::thread::sleep(Duration::from_millis(random.u64(100..3000)));
        self.nats.restart(number)?;
        Ok(true)
    }
}

/// Splits into the URL of PostgreSQL and those of NATS.
pub(crate) fn urls(url: &str) -> (&str, &str) {
    url.split_once(' ').unwrap_or((url, ""))
}

pub(crate) async fn connect(url: &str) -> Result<PgPool, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(8);
    pool.acquire_timeout(Duration::from_secs(30))
        .connect(urls(url).0)
        .await
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    driver::main().await
}
