//! Danger 4: loops explode. Ten thousand saves become one write and one refresh per customer.

use std::sync::Arc;

use airlock::{Airlock, Fate};

use crate::domain::{IndexOrder, Order, RefreshTotal};
use crate::heading;
use crate::outside::Outside;

pub(crate) fn show() -> Result<(), Box<dyn std::error::Error>> {
    heading("4. Bulk: 10,000 orders saved in a loop");
    let outside = Arc::new(Outside::default());
    let airlock = Airlock::builder().resource(outside.clone()).build()?;
    let report = airlock.scope().name("bulk").run_infallible(|_| {
        for id in 0..10_000 {
            let customer = format!("customer {}", id % 7);
            let order = Order {
                id,
                customer,
                email: String::new(),
                total_cents: 0,
                processed: true,
            };
            order.save();
        }
    })?;
    let report = report.report;
    println!("{} intents enqueued", report.len());
    let rows = [
        (
            "index_order",
            report
                .entries()
                .iter()
                .filter(|it| it.is::<IndexOrder>())
                .collect::<Vec<_>>(),
        ),
        (
            "refresh_total",
            report
                .entries()
                .iter()
                .filter(|it| it.is::<RefreshTotal>())
                .collect(),
        ),
    ];
    for (effect, entries) in rows {
        let coalesced = entries
            .iter()
            .filter(|it| matches!(it.fate(), Fate::Coalesced(_)))
            .count();
        println!(
            "  {effect:<14} {:>6} enqueued {coalesced:>6} coalesced by key {:>6} left to dispatch",
            entries.len(),
            entries.len() - coalesced,
        );
    }
    println!("{outside}");
    Ok(())
}
