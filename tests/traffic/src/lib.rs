//! Traffic for a server: concurrent requests that succeed, fail, panic or lose their client, and the
//! expected result of their effects. The load tests of the web integrations bring the server.
//!
//! This is a package of its own because a program's catalogue has the effects of all packages that it links: only
//! the load tests link these.

#![allow(clippy::print_stdout, reason = "prints the seed and the counts")]

mod client;
mod draw;
mod handler;
mod ledger;
mod plan;
mod random;
mod verdict;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use airlock::Airlock;
use airlock::lifecycle::Outcome;
use tokio::sync::{Notify, Semaphore};

pub use self::handler::Refused;
use self::ledger::Ledger;
use self::plan::{Fate, Plan};
use self::random::Random;
use self::verdict::Verdict;

const REQUESTS: usize = 20_000;

/// The reaction of a server to a client that closes the connection in an orderly way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnClose {
    /// Drops the handler.
    Stops,
    /// Keeps the handler running, because the client may only have closed its half.
    RunsOn,
}

/// The setting of a middleware that decides when the scope of a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The scope ends before the response.
    BeforeResponse,
    /// The scope ends after the response.
    AfterResponse,
    /// The scope ends before the response, and the handler runs on when its client leaves.
    Shield,
}

/// The behaviour of a server towards requests whose client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Manners {
    on_close: OnClose,
    told: Told,
}

/// All requests of a test: their plans, and their results.
#[derive(Debug)]
pub struct Traffic {
    /// The airlock for the middleware.
    pub airlock: Airlock,
    seed: u64,
    plans: Vec<Plan>,
    /// For each request, notified when its handler is midway through its work.
    midway: Vec<Notify>,
    /// A permit for each request that must succeed and has reached its handler.
    begun: Semaphore,
    ledger: Arc<Ledger>,
    /// The outcomes of the requests' scopes.
    outcomes: Arc<Mutex<Vec<Outcome>>>,
}

impl Traffic {
    /// Draws random plans from `AIRLOCK_LOAD_SEED`, or from a new seed. Prints the seed.
    ///
    /// # Panics
    ///
    /// If the variable is not a number.
    #[must_use]
    pub fn new(on_close: OnClose, told: Told) -> Arc<Self> {
        let seed = std::env::var("AIRLOCK_LOAD_SEED").ok();
        let seed = seed.map_or_else(random::new_seed, |seed| seed.parse().expect("a number"));
        println!("AIRLOCK_LOAD_SEED={seed} ({told:?})");
        let mut random = Random::new(seed);
        let manners = Manners { on_close, told };
        let plans = (0..REQUESTS).map(|_| Plan::draw(&mut random, manners));
        let ledger = Arc::new(Ledger::new(REQUESTS));
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        let (unhandled, ended) = (ledger.clone(), outcomes.clone());
        let airlock = Airlock::builder()
            .resource(ledger.clone())
            .on_unhandled_error(move |error| unhandled.report_unhandled(&error.into_intents()))
            .on_report(move |report| {
                if report.name() == Some("request") {
                    lock(&ended).push(report.outcome());
                }
            })
            .build();
        Arc::new(Self {
            airlock: airlock.expect("it builds"),
            seed,
            plans: plans.collect(),
            midway: (0..REQUESTS).map(|_| Notify::new()).collect(),
            begun: Semaphore::new(0),
            ledger,
            outcomes,
        })
    }

    /// Handles a request, and returns the status to answer with.
    ///
    /// # Errors
    ///
    /// Returns the error of the handler, if the plan has one.
    ///
    /// # Panics
    ///
    /// If the plan says so, or has no such request.
    pub async fn handle(&self, request: u32) -> Result<u16, Refused> {
        let index = request as usize;
        if self.plans[index].fate() == Fate::All {
            self.begun.add_permits(1);
        }
        handler::run(request, &self.plans[index], &self.midway[index]).await
    }

    /// Sends all requests over 64 connections, and waits until those that must succeed have reached their
    /// handler. The server must answer each with its number.
    ///
    /// # Panics
    ///
    /// If an answer is wrong, or all of them take longer than five minutes.
    pub async fn drive(&self, server: SocketAddr) {
        let due = self.plans.iter().filter(|plan| plan.fate() == Fate::All);
        let due = u32::try_from(due.count()).expect("there are not that many");
        let begun = async {
            client::send_all(server, &self.plans, &self.midway).await;
            self.begun.acquire_many(due).await.map(drop)
        };
        let begun = tokio::time::timeout(Duration::from_secs(300), begun).await;
        let begun = begun.expect("nothing has hung");
        begun.expect("nobody closes the semaphore");
    }

    /// Compares the effects that ran with the expected ones. Called after the server has stopped.
    ///
    /// # Panics
    ///
    /// If they differ, or if the requests do not cover every case.
    pub fn verify(&self) {
        let verdict = Verdict::new(&self.ledger, &self.plans);
        let ended = |outcome| {
            let outcomes = lock(&self.outcomes);
            outcomes.iter().filter(|other| **other == outcome).count()
        };
        println!(
            "{REQUESTS} requests: {}\nscopes: {} success, {} failure, {} panic, {} cancelled",
            verdict.counts,
            ended(Outcome::Success),
            ended(Outcome::Failure),
            ended(Outcome::Panic),
            ended(Outcome::Cancelled),
        );
        let wrong = &verdict.wrong;
        assert!(
            wrong.is_empty(),
            "{} wrong with AIRLOCK_LOAD_SEED={}, the first: {:#?}",
            wrong.len(),
            self.seed,
            &wrong[..wrong.len().min(5)]
        );
        let counts = &verdict.counts;
        assert_eq!(ended(Outcome::Failure), counts.failed);
        assert_eq!(ended(Outcome::Panic), counts.panicked);
        let left = counts.left_all + counts.left_cut_short;
        assert_eq!(ended(Outcome::Success), counts.succeeded + left);
        assert!(ended(Outcome::Cancelled) <= counts.left_none);
        assert!(counts.cover_every_case(), "{counts}");
    }
}

/// Waits for a server that stops after it has served its last connection.
///
/// # Panics
///
/// If it takes longer than a minute.
pub async fn stopped<F: Future>(server: F) -> F::Output {
    let stopped = tokio::time::timeout(Duration::from_secs(60), server).await;
    stopped.expect("every connection has ended")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
