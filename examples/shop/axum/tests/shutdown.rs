//! A shutdown waits for what runs on.

use shop_checks::shutdown;

#[tokio::test]
async fn a_server_that_is_told_to_stop_does_first_what_it_has_promised() {
    shutdown::check(async |listener, shop, stop| {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let stopped = async move { stop.await.unwrap_or_default() };
        shop_axum::serve(listener, &shop, stopped).await
    })
    .await;
}
