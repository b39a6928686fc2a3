//! The server ends while clients are busy.

use shop_checks::killed::{Signal, check};

const PROGRAM: &str = env!("CARGO_BIN_EXE_shop-axum");

#[tokio::test]
async fn told_to_stop_under_load_it_loses_nothing() {
    check(PROGRAM, Signal::Term).await;
}

#[tokio::test]
async fn killed_under_load_it_loses_at_most_what_it_was_working_on() {
    check(PROGRAM, Signal::Kill).await;
}
