//! A shutdown waits for what runs on.

use shop_checks::shutdown::{self, Promise};

async fn check(promise: Promise) {
    shutdown::check(promise, async |listener, shop, stop| {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let stopped = async move { stop.await.unwrap_or_default() };
        shop_axum::serve(listener, &shop, stopped).await
    })
    .await;
}

#[tokio::test]
async fn what_runs_in_the_background_is_done_before_the_server_ends() {
    check(shutdown::IMPORT).await;
}

#[tokio::test]
async fn what_follows_a_response_is_done_before_the_server_ends() {
    check(shutdown::RESTOCK).await;
}
