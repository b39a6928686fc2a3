//! A server that is stopped or killed while clients are busy: what was promised, what was done, what is lost.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::call::{Answer, Call};
use crate::process::Process;

/// How many clients order, one order after the other.
const CLIENTS: usize = 8;

/// How many orders are confirmed before the server ends.
const ORDERS: usize = 200;

/// How a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It is told to stop, as by a service manager.
    Term,
    /// It is killed.
    Kill,
}

/// What is left of a server that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    /// Orders whose client was told that they are placed: the mail had been sent by then.
    confirmed: usize,
    /// Orders in the database.
    orders: usize,
    /// Confirmations that were mailed.
    mails: usize,
}

impl Left {
    /// Orders whose mail was never sent.
    fn lost(self) -> usize {
        self.orders - self.mails
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            confirmed,
            orders,
            mails,
        } = self;
        let lost = self.lost();
        write!(
            f,
            "{orders} orders, {mails} mails, {confirmed} confirmed to clients, {lost} mails lost"
        )
    }
}

/// Ends a server while clients order, always a request of each under way, and counts. Told to stop, it
/// loses nothing. Killed, it loses at most the mails of the orders that it was working on, none of
/// which was confirmed: those had been saved, and their mail was still to come.
#[allow(clippy::print_stderr, reason = "the counts are what people look for")]
pub async fn check(program: &str, signal: Signal) {
    let directory = TempDir::new().expect("the temporary directory is there");
    let file = directory.path().join("shop.db");
    let confirmed = run(program, &file, signal);
    let left = Left {
        confirmed,
        ..count(&file).await
    };
    let name = Path::new(program).file_name().unwrap_or_default();
    eprintln!("{} after {signal:?}: {left}", name.display());
    assert!(left.confirmed >= ORDERS, "{left}");
    assert!(
        left.mails >= left.confirmed,
        "a confirmed order has no mail: {left}"
    );
    match signal {
        Signal::Term => assert_eq!(left.lost(), 0, "{left}"),
        Signal::Kill => assert!(left.lost() <= CLIENTS, "{left}"),
    }
}

/// Returns how many orders were confirmed.
fn run(program: &str, file: &Path, signal: Signal) -> usize {
    let process = Process::start(program, Some(file));
    for _ in 0..5 {
        let restocked = process.call(Call::post("/items/mug/stock", "quantity=1000"));
        assert_eq!(restocked.status, 200);
    }
    let (confirmed, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let address = process.address().to_owned();
    thread::scope(|threads| {
        for _ in 0..CLIENTS {
            threads.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    match order(&address) {
                        Some(answer) if answer.status == 201 => {
                            confirmed.fetch_add(1, Ordering::Relaxed);
                        }
                        // It closes the connection, or does not listen any more.
                        None => break,
                        Some(answer) => panic!("{answer:?}"),
                    }
                }
            });
        }
        while confirmed.load(Ordering::Relaxed) < ORDERS {
            thread::yield_now();
        }
        match signal {
            Signal::Term => assert!(process.terminate().success(), "it ends well"),
            Signal::Kill => drop(process),
        }
        ended.store(true, Ordering::Relaxed);
    });
    confirmed.into_inner()
}

/// One order; nothing if the server is not there, or breaks off.
fn order(address: &str) -> Option<Answer> {
    let form = "sku=mug&quantity=1&email=ada%40example.org";
    crate::http::try_call(address, Call::post("/orders", form))
}

async fn count(file: &Path) -> Left {
    let options = SqliteConnectOptions::new().filename(file);
    let mut database = options.connect().await.expect("the database is whole");
    let left = Left {
        confirmed: 0,
        orders: rows(&mut database, "SELECT count(*) FROM orders").await,
        mails: rows(
            &mut database,
            "SELECT count(*) FROM sent WHERE what LIKE '%We have your order%'",
        )
        .await,
    };
    database.close().await.expect("it closes");
    left
}

async fn rows(database: &mut SqliteConnection, query: &'static str) -> usize {
    let count: i64 = sqlx::query_scalar(query)
        .fetch_one(database)
        .await
        .expect("the table is there");
    count.try_into().expect("it is not negative")
}
