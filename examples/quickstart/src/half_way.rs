//! An executor that fails half-way: nothing vanishes.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::Order;
use crate::heading;

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether the warehouse takes nothing now.
pub(crate) fn warehouse_is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

pub(crate) fn show(orders: &[Order]) -> Result<(), Box<dyn std::error::Error>> {
    heading("A failure half-way: what is handed back, and tried again");
    CLOSED.store(true, Ordering::Relaxed);
    let ended = airlock::scope().name("checkout").run_infallible(|_| {
        orders
            .iter()
            .skip(1)
            .take(2)
            .for_each(|order| order.clone().process());
    });
    CLOSED.store(false, Ordering::Relaxed);
    let Err(error) = ended else {
        println!("the file has no order 1003: nothing failed");
        return Ok(());
    };
    println!("{error}\n{}", error.report());
    let returned = error.into_intents();
    println!("handed back:");
    for intent in &returned {
        println!("  {intent:?}");
    }
    let again = airlock::scope().name("second try").run_infallible(|_| {
        for intent in returned {
            airlock::enqueue(intent);
        }
    })?;
    println!("\n{}", again.report);
    Ok(())
}
