//! Danger 2: you cannot see side effects. This shows the intents before anything is dispatched.

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
