//! An executor that fails half-way: no intent is lost.

use airlock::executor::{Channel, Inline};

use crate::domain::Order;
use crate::heading;

pub(crate) fn show(orders: &[Order]) -> Result<(), Box<dyn std::error::Error>> {
    heading("An executor that fails half-way: what is handed back, and tried again");
    // Hands over to a slow worker: its queue has room for three.
    let (channel, deliveries) = Channel::bounded(3);
    let ended = airlock::scope()
        .name("checkout")
        .executor(channel)
        .run_infallible(|_| {
            for order in orders.iter().take(2) {
                order.clone().process();
            }
        });
    let mut performed = 0;
    for delivery in deliveries.try_iter() {
        performed += delivery.perform()?.dispatched().count();
    }
    println!("the worker has performed {performed} intents\n");
    let Err(error) = ended else {
        println!("nothing failed: the file has too few orders");
        return Ok(());
    };
    println!("{error}\n{}", error.report());
    let returned = error.into_intents();
    println!("handed back:");
    for intent in &returned {
        println!("  {intent:?}");
    }
    let again = airlock::scope()
        .name("second try")
        .executor(Inline)
        .run_infallible(|_| {
            for intent in returned {
                airlock::enqueue(intent);
            }
        })?;
    println!("\n{}", again.report);
    Ok(())
}
