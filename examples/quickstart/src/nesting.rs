//! Nested scopes: the outer one decides, and knows which intents came from inner scopes.

use airlock::policy::block;

use crate::domain::{Order, SendConfirmation};
use crate::heading;

pub(crate) fn show(orders: &[Order]) -> Result<(), Box<dyn std::error::Error>> {
    heading("Nested scopes: captured with their policies, with provenance");
    let day = airlock::scope().name("day").run_with_report(|day| {
        orders
            .iter()
            .take(1)
            .for_each(|order| order.clone().process());
        airlock::scope()
            .name("import without mail")
            .policy(block::<SendConfirmation>())
            .run_infallible(|_| {
                orders
                    .iter()
                    .skip(1)
                    .take(1)
                    .for_each(|order| order.clone().process());
            })
            .map(|import| print!("{}", import.report))?;
        println!("\nheld by scope day:\n{}", day.snapshot());
        Ok::<_, airlock::FlushError>(())
    });
    day.value?;
    println!("{}", day.report);
    Ok(())
}
