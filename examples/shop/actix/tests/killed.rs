//! The server is stopped or killed while clients are busy, and started again.

use shop_checks::TemporaryFile;
use shop_checks::killed::{Signal, check, check_shared};

const PROGRAM: &str = env!("CARGO_BIN_EXE_shop-actix");

#[tokio::test]
async fn told_to_stop_under_load_it_loses_nothing() {
    check(PROGRAM, TemporaryFile::new().url(), Signal::Term).await;
}

#[tokio::test]
async fn killed_under_load_it_loses_nothing() {
    check(PROGRAM, TemporaryFile::new().url(), Signal::Kill).await;
}

#[tokio::test]
async fn two_servers_share_one_database() {
    check_shared(PROGRAM, TemporaryFile::new().url()).await;
}
