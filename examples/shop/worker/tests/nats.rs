//! Two servers with separate stores share a pool of workers.
//!
//! The test starts the servers as cargo has built them: `cargo test -p shop-axum -p shop-actix -p shop-worker --test
//! nats` builds all three.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

use shop_checks::pool;

const WORKER: &str = env!("CARGO_BIN_EXE_shop-worker");

/// Returns the path of another program of the shop, which cargo puts beside this one.
fn beside(name: &str) -> PathBuf {
    let path = Path::new(WORKER).with_file_name(format!("{name}{EXE_SUFFIX}"));
    assert!(
        path.is_file(),
        "`{name}` is not built: add `-p {name}` to `cargo test`"
    );
    path
}

#[test]
fn workers_perform_what_two_shops_forward_and_one_that_is_killed_loses_nothing() {
    let servers = [beside("shop-axum"), beside("shop-actix")];
    pool::check(servers.each_ref().map(PathBuf::as_path), Path::new(WORKER));
}
