//! The shop on axum: routes, scopes, and nothing of the domain.

mod browsers;
mod error;
mod routes;

use std::future::Future;
use std::io;

use airlock::tower::ScopeLayer;
use axum::Router;
use axum::middleware::from_fn_with_state;
use shop::Shop;
use tokio::net::TcpListener;

/// What all requests have in common: the shop's airlock, and one backlog.
#[must_use]
pub fn scopes(shop: &Shop) -> ScopeLayer {
    ScopeLayer::new().airlock(shop.airlock())
}

/// The whole service. Tests call it without a socket.
pub fn app(shop: &Shop, scopes: &ScopeLayer) -> Router {
    // Buyers are told when what follows from their request fails, and their requests run to the end
    // although they leave. Whoever scans parcels in the warehouse does not wait for mails.
    let buyers = routes::buyers().layer(scopes.clone().shield());
    let warehouse = routes::warehouse().layer(scopes.clone().after_response());
    let reading = routes::reading();
    reading
        .merge(buyers)
        .merge(warehouse)
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::wrong_method)
        // Outside of the scopes: when a page is made, the request's intents have met their fate.
        .layer(from_fn_with_state(shop.clone(), browsers::serve))
        .with_state(shop.clone())
}

/// Serves until `stop` ends; then waits for the requests that are there, and for all that runs on
/// behind them.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    shop: &Shop,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let scopes = scopes(shop);
    let server = axum::serve(listener, app(shop, &scopes));
    server.with_graceful_shutdown(stop).await?;
    scopes.backlog().drained().await;
    shop.close().await;
    Ok(())
}
