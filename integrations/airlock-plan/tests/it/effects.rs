//! Effects that write into a log, and the airlock that holds the log.

use std::path::PathBuf;

use airlock::plan::{Plan, Planned};
use airlock::{Airlock, BoxError};
use airlock_test_support::Log;

#[airlock::effect(durable, name = "plan.ship")]
pub(crate) fn ship(#[resource] log: &Log, order: u64) -> Result<(), String> {
    let attempt = airlock::attempt().expect("it is performed");
    log.add(format!("ship {order} {}", attempt.idempotency_key()));
    match order {
        13 if log.count("mend") == 0 => Err("unlucky".to_owned()),
        _ => Ok(()),
    }
}

#[airlock::effect(durable, name = "plan.pay", redact(card))]
pub(crate) async fn pay(#[resource] log: &Log, order: u64, card: String) {
    log.add(format!("pay {order} {card}"));
}

#[airlock::effect(durable, name = "plan.track")]
pub(crate) fn track(page: String) {
    let _ = page;
}

#[airlock::effect]
pub(crate) fn fleeting(order: u64) {
    let _ = order;
}

/// A plan in a temporary folder, and the airlock that applies it.
pub(crate) struct World {
    pub(crate) log: Log,
    pub(crate) airlock: Airlock,
    pub(crate) path: PathBuf,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = Log::default();
        let airlock = Airlock::builder().resource(log.clone()).build();
        Self {
            airlock: airlock.expect("every effect has its resource"),
            log,
            path: folder.path().join("backfill.plan"),
            _folder: folder,
        }
    }

    /// Plans a shipment of each order.
    pub(crate) fn plan(&self, orders: impl IntoIterator<Item = u64>) -> Planned<()> {
        let planned = Plan::new(&self.path).write(|| {
            for order in orders {
                airlock::enqueue(ship(order));
            }
            Ok::<_, BoxError>(())
        });
        planned.expect("it can be written")
    }

    /// Returns the shipped orders, in order.
    pub(crate) fn shipped(&self) -> Vec<u64> {
        let lines = self.log.lines();
        let shipped = lines.iter().filter_map(|line| line.strip_prefix("ship "));
        let orders = shipped.filter_map(|line| line.split(' ').next()?.parse().ok());
        orders.collect()
    }

    /// Returns the lines of the plan.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.path).expect("it was written");
        text.lines().map(str::to_owned).collect()
    }
}
