//! The domain.

mod alerts;
mod billing;
mod events;

pub use billing::Billing;
