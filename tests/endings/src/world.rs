//! Effects that write to a log, and an airlock that records how each scope ended.

use std::future::Future;
use std::time::Duration;

use airlock::{Airlock, FlushReport};
use airlock_test_support::Log;
use tokio::sync::mpsc;

#[airlock::effect(intent = EndingMail)]
pub(super) fn mail(#[resource] log: &Log, n: u32) {
    log.add(format!("mail {n}"));
}

#[airlock::effect(intent = EndingShip)]
pub(super) async fn ship(#[resource] log: &Log, n: u32) {
    tokio::task::yield_now().await;
    log.add(format!("ship {n}"));
}

#[airlock::effect(intent = EndingCharge)]
pub(super) fn charge(n: u32) -> Result<(), String> {
    Err(format!("card {n} was declined"))
}

/// An airlock, with a record of its reports and unhandled errors.
#[derive(Debug)]
pub struct World {
    /// The airlock for the middleware.
    pub airlock: Airlock,
    pub(super) log: Log,
    unhandled: Log,
    reports: mpsc::UnboundedReceiver<String>,
}

impl World {
    pub(super) fn new() -> Self {
        let (log, unhandled) = (Log::default(), Log::default());
        let (heard, reports) = mpsc::unbounded_channel();
        let parked = unhandled.clone();
        let airlock = Airlock::builder()
            .resource(log.clone())
            .on_report(move |report| {
                let _ = heard.send(told(report)); // The test may be over.
            })
            .on_unhandled_error(move |error| {
                let intents = error.into_intents();
                let names = intents.iter().map(|intent| intent.effect().name());
                parked.add(names.collect::<Vec<_>>().join(", "));
            })
            .skip_resource_check() // Other effects of the program need more.
            .build();
        Self {
            airlock: airlock.expect("it builds"),
            log,
            unhandled,
            reports,
        }
    }

    pub(super) async fn report(&mut self) -> String {
        let report = self.reports.recv().await;
        report.expect("the airlock lives as long as this")
    }

    pub(super) fn unhandled(&self) -> String {
        self.unhandled.lines().join("; ")
    }
}

fn told(report: &FlushReport) -> String {
    let entries = report.entries().iter();
    let fate = |entry: &airlock::intent::IntentInfo| {
        format!("{} {}", entry.effect().name(), entry.fate().word())
    };
    let fates: Vec<_> = entries.map(fate).collect();
    format!("{}: {}", report.outcome(), fates.join(", "))
}

/// Fails a test that hangs.
pub(super) async fn hang_guard<F: Future>(work: F) -> F::Output {
    let waited = tokio::time::timeout(Duration::from_secs(60), work).await;
    waited.expect("nothing has happened for a minute")
}
