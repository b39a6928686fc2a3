//! Chaos on a private PostgreSQL server, which is killed, too.

#[path = "../driver/mod.rs"]
mod driver;
#[path = "../river/mod.rs"]
mod river;

use std::time::Duration;

use airlock_servers::Postgres;
use sqlx::postgres::{PgPool, PgPoolOptions};

pub(crate) type Db = sqlx::Postgres;

pub(crate) const PROGRAM: &str = "chaos-postgres";

pub(crate) use self::river::{ROLES, count, play, set_up, unfinished};

/// The number of kills out of 256 that hit the database.
pub(crate) const SERVER_KILLS: u8 = 25;

/// The database of one run.
pub(crate) struct Servers {
    postgres: Postgres,
}

impl Servers {
    pub(crate) fn start() -> Result<Self, String> {
        // Without `fsync`, written data survives a killed process; only a power failure would lose it.
        let postgres = Postgres::start(&["fsync=off"])?;
        Ok(Self { postgres })
    }

    pub(crate) fn url(&self) -> String {
        self.postgres.url("postgres")
    }

    /// Kills all processes of the server, and restarts it.
    pub(crate) fn crash(&mut self, _: &mut fastrand::Rng) -> Result<bool, String> {
        self.postgres.crash_and_restart()?;
        Ok(true)
    }
}

pub(crate) async fn connect(url: &str) -> Result<PgPool, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(8);
    pool.acquire_timeout(Duration::from_secs(30))
        .connect(url)
        .await
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    driver::main().await
}
