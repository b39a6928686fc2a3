//! The shop on PostgreSQL.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use airlock_servers::Postgres;
use shop_checks::killed::{Signal, check, check_shared};
use shop_checks::process::Process;
use shop_checks::table;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const PROGRAM: &str = env!("CARGO_BIN_EXE_shop-axum");

static SERVER: OnceLock<Postgres> = OnceLock::new();

/// The number of the next database of this process.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Creates a database and returns its URL.
async fn database() -> String {
    let server = SERVER.get_or_init(|| match Postgres::shared() {
        Ok(server) => server,
        Err(why) => panic!("{why}"),
    });
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("shop{}_{number}", std::process::id());
    let admin = PgConnection::connect(&server.url("postgres")).await;
    let mut admin = admin.expect("a connection");
    let create = sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")));
    create.execute(&mut admin).await.expect("a database");
    server.url(&name)
}

#[tokio::test]
async fn it_answers_every_request_of_the_table() {
    table::check(&mut Process::start(PROGRAM, &database().await)).await;
}

#[tokio::test]
async fn told_to_stop_under_load_it_loses_nothing() {
    check(PROGRAM, &database().await, Signal::Term).await;
}

#[tokio::test]
async fn killed_under_load_it_loses_nothing() {
    check(PROGRAM, &database().await, Signal::Kill).await;
}

#[tokio::test]
async fn two_servers_share_one_database() {
    check_shared(PROGRAM, &database().await).await;
}
