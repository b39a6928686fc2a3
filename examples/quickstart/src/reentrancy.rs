//! Danger 5: re-entrancy. Enriching a user saves the user, which enqueues another enrichment.

use airlock::Airlock;
use airlock::policy::no_reentry;

use crate::domain::User;
use crate::heading;
use crate::outside::Outside;

pub(crate) fn show() -> Result<(), Box<dyn std::error::Error>> {
    heading("5. Re-entrancy: an effect that saves the user who enqueues the effect");
    let airlock = Airlock::builder()
        .resource(Outside::default())
        .depth_limit(3)
        .build()?;
    let endless = airlock
        .scope()
        .name("save user")
        .run_infallible(|_| User { id: 7 }.save());
    if let Err(error) = endless {
        let why = error.failure().map(ToString::to_string).unwrap_or_default();
        println!("without a policy the loop ends at the depth limit:\n  {why}\n");
    }
    let saved = airlock
        .scope()
        .name("save user")
        .policy(no_reentry())
        .run_infallible(|_| User { id: 7 }.save())?;
    println!("with no_reentry() the user is enriched once:");
    println!("{}", saved.report);
    Ok(())
}
