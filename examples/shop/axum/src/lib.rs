//! The shop on axum: routes, scopes, and nothing of the domain.

mod browsers;
mod error;
mod routes;

use std::future::Future;
use std::io;

use airlock::Backlog;
use airlock::tower::{AfterResponse, ScopeLayer};
use axum::Router;
use axum::middleware::from_fn_with_state;
use shop::Shop;
use tokio::net::TcpListener;

/// The scopes of requests.
#[derive(Clone, Debug)]
pub struct Scopes {
    /// Buyers are told when what follows from their request fails.
    buyers: ScopeLayer,
    /// Whoever scans parcels in the warehouse does not wait for mails.
    warehouse: ScopeLayer<AfterResponse>,
}

impl Scopes {
    /// Those of a shop.
    #[must_use]
    pub fn new(shop: &Shop) -> Self {
        let buyers = ScopeLayer::new().airlock(shop.airlock());
        let warehouse = buyers.clone().after_response();
        Self { buyers, warehouse }
    }

    /// What runs on behind all of them.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        self.buyers.backlog() // a clone shares it
    }
}

/// The whole service. Tests call it without a socket.
pub fn app(shop: &Shop, scopes: &Scopes) -> Router {
    // A request runs to its end although its client leaves: what it commits and what follows from that
    // stay together.
    let buyers = routes::buyers().layer(scopes.buyers.clone().shield());
    let warehouse = routes::warehouse().layer(scopes.warehouse.clone().shield());
    routes::reading()
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
    let scopes = Scopes::new(shop);
    let server = axum::serve(listener, app(shop, &scopes));
    server.with_graceful_shutdown(stop).await?;
    scopes.backlog().drained().await;
    shop.close().await;
    Ok(())
}
