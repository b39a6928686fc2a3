//! Danger 2: you cannot see it. Here is what would fire, before it fires.

use airlock::lifecycle::NeverFlush;

use crate::domain::Order;
use crate::heading;

pub(crate) fn show(orders: &[Order]) -> Result<(), Box<dyn std::error::Error>> {
    heading("2. Visibility: what order.process() would do, before anything is done");
    let plan = airlock::scope()
        .lifecycle(NeverFlush)
        .run_infallible(|scope| {
            orders
                .iter()
                .take(1)
                .for_each(|order| order.clone().process());
            scope.snapshot()
        })?;
    println!("{}", plan.value);
    Ok(())
}
