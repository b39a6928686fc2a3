//! A policy around a few lines, without a separate buffer.

use airlock::policy::{block, drop_all};

use crate::domain::Order;
use crate::heading;

pub(crate) fn show(orders: &[Order]) -> Result<(), Box<dyn std::error::Error>> {
    heading("Local policies: for a few lines, in one buffer");
    // Returns an error for a tag that no effect has.
    let no_mail = block::<()>().tag("mail")?;
    let ended = airlock::scope().name("evening").run_infallible(|_| {
        orders
            .iter()
            .take(1)
            .for_each(|order| airlock::policy(no_mail.clone()).run(|| order.clone().process()));
        let quiet = airlock::policy(drop_all()).enter();
        orders.iter().skip(1).take(1).for_each(Order::save);
        drop(quiet);
        orders.iter().skip(2).take(1).for_each(Order::save);
    })?;
    println!("{}", ended.report);
    match block::<()>().tag("mial") {
        Ok(_) => println!("a misspelt tag went unnoticed"),
        Err(error) => println!("misspelt: {error}"),
    }
    Ok(())
}
