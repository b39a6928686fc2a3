//! Regression tests for the first core. Each is named after its defect, and asserts the correct behaviour.

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
mod owned_scopes;
mod promises;
mod user_code_in_a_flush;
