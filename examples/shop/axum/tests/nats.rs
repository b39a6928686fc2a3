//! The server forwards to NATS.

use shop_checks::away;

const PROGRAM: &str = env!("CARGO_BIN_EXE_shop-axum");

#[test]
fn while_nats_is_away_it_takes_orders_and_forwards_what_follows_from_them_later() {
    away::check(PROGRAM);
}
