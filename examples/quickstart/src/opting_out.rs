//! Danger 1: you cannot opt out. A migration that calls domain code must not mail anybody.

use airlock::policy::drop_all;

use crate::domain::Order;
use crate::heading;

pub(crate) fn show(orders: &[Order]) -> Result<(), Box<dyn std::error::Error>> {
    heading("1. Opting out: a migration under drop_all, and what it held back");
    let migrated = airlock::scope()
        .name("migration")
        .policy(drop_all())
        .run_infallible(|_| {
            let mut orders = orders.to_vec();
            orders.iter_mut().take(2).for_each(Order::process);
            orders.into_iter().filter(|order| order.processed).count()
        })?;
    println!("{} orders migrated", migrated.value);
    println!("{}", migrated.report);
    Ok(())
}
