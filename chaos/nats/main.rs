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

/// How many of 256 kills are of a server of NATS.
pub(crate) const SERVER_KILLS: u8 = 50;

/// PostgreSQL, which is left alone, and three servers of NATS.
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

    /// The URLs of both, with a space between them.
    pub(crate) fn url(&self) -> String {
        format!("{} {}", self.postgres.url("postgres"), self.nats.url())
    }

    /// Kills one server of NATS, and starts it again after a while.
    pub(crate) fn crash(&mut self, random: &mut fastrand::Rng) -> Result<bool, String> {
        let number = random.usize(0..self.nats.size());
        self.nats.crash(number);
        std::thread::sleep(Duration::from_millis(random.u64(100..3000)));
        self.nats.restart(number)?;
        Ok(true)
    }
}

/// The URL of PostgreSQL, and those of NATS.
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
