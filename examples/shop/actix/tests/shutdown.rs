//! A shutdown waits for what runs on.

use shop_checks::shutdown::{self, Promise};

async fn check(promise: Promise) {
    shutdown::check(promise, async |listener, shop, stop| {
        let stopped = async move { stop.await.unwrap_or_default() };
        shop_actix::serve(listener, &shop, stopped).await
    })
    .await;
}

#[actix_web::test]
async fn what_runs_in_the_background_is_done_before_the_server_ends() {
    check(shutdown::IMPORT).await;
}

#[actix_web::test]
async fn what_follows_a_response_is_done_before_the_server_ends() {
    check(shutdown::RESTOCK).await;
}
