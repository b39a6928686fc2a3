//! Defects of the first core. Each test is named after what went wrong, and shows what must happen.

mod child;
mod contexts;
mod deep;
mod executors_compared;
mod fixture;
mod flush_attempts;
mod flush_batches;
mod flush_results;
mod flush_user_code;
mod guards;
#[path = "../logged/mod.rs"]
mod logged;
mod owned_scopes;
mod promises;
