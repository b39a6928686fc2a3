//! The basic case: a boundary around domain code. On `Ok` its intents are dispatched, on `Err` none is.

use std::sync::{Arc, Mutex, PoisonError};

use airlock::{Airlock, FlushError};

use crate::domain::{IndexOrder, NotifyWarehouse, Order, RefreshTotal, SendConfirmation};
use crate::heading;
use crate::outside::Outside;

/// The reason why a checkout failed.
#[derive(Debug)]
enum CheckoutError {
    BelowMinimum(u32),
    Flush(FlushError),
}

impl From<FlushError> for CheckoutError {
    fn from(error: FlushError) -> Self {
        Self::Flush(error)
    }
}

/// Sells one order.
#[airlock::boundary(emits(NotifyWarehouse, SendConfirmation, IndexOrder, RefreshTotal))]
fn checkout(order: &mut Order) -> Result<u32, CheckoutError> {
    order.process();
    if order.total_cents < 1000 {
        return Err(CheckoutError::BelowMinimum(order.id));
    }
    Ok(order.id)
}

pub(crate) fn show(orders: &[Order]) -> Result<(), Box<dyn std::error::Error>> {
    heading("A boundary: what domain code wished escapes on Ok, and only then");
    let reports = Arc::new(Mutex::new(Vec::new()));
    let outside = Arc::new(Outside::default());
    let seen = reports.clone();
    let airlock = Airlock::builder()
        .resource(outside.clone())
        .on_report(move |report| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(report.to_string());
        })
        .build()?;
    for order in orders.iter().skip(1).take(2) {
        match airlock.run(|| checkout(&mut order.clone())) {
            Ok(id) => println!("order {id} is sold"),
            Err(CheckoutError::BelowMinimum(id)) => {
                println!("order {id} failed: below the minimum");
            }
            Err(CheckoutError::Flush(error)) => println!("order {} failed: {error}", order.id),
        }
    }
    for report in reports
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
    {
        println!("{report}");
    }
    println!("{outside}");
    Ok(())
}
