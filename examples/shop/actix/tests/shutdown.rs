//! A shutdown waits for running work, but not indefinitely for a client.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use shop::Shop;
use shop::settings::PATIENCE;
use shop_checks::shutdown::{self, Promise};
use tokio::sync::oneshot::Receiver;

async fn serve(
    listener: TcpListener,
    shop: Shop,
    patience: Duration,
    stop: Receiver<()>,
) -> io::Result<()> {
    let stopped = async move { stop.await.unwrap_or_default() };
    shop_actix::serve(listener, &shop, patience, stopped).await
}

async fn check(promise: Promise) {
    shutdown::check(promise, |listener, shop, stop| {
        serve(listener, shop, PATIENCE, stop)
    })
    .await;
}

#[actix_web::test]
async fn a_durable_effect_under_way_is_done_before_the_server_ends() {
    check(shutdown::PAYMENT).await;
}

#[actix_web::test]
async fn a_durable_effect_that_is_not_done_is_done_by_the_next_server() {
    shutdown::check_next_server(|listener, shop, stop| serve(listener, shop, PATIENCE, stop)).await;
}

#[actix_web::test]
async fn what_follows_a_response_is_done_before_the_server_ends() {
    check(shutdown::RESTOCK).await;
}

async fn check_without_patience(half: &str) {
    let serve = |listener, shop, stop| serve(listener, shop, Duration::ZERO, stop);
    shutdown::check_without_patience(half, serve).await;
}

#[actix_web::test]
async fn a_client_that_has_sent_half_a_head_does_not_keep_the_server_from_ending() {
    check_without_patience(shutdown::HALF_A_HEAD).await;
}

#[actix_web::test]
async fn a_client_that_has_sent_half_a_body_does_not_keep_the_server_from_ending() {
    check_without_patience(shutdown::HALF_A_BODY).await;
}
