//! The domain.

mod billing;
mod events;

pub use billing::Billing;
