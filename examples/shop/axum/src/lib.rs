//! The shop on axum: routes, scopes, and nothing of the domain.

mod browsers;
mod error;
mod routes;

use std::future::Future;
use std::io;
use std::time::Duration;

use airlock::tower::{AfterResponse, BeforeResponse, ScopeLayer, ShieldLayer, Shutdown};
use airlock::{Backlog, FlushError};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use shop::Shop;
use tokio::net::TcpListener;

/// The scopes of requests.
///
/// A request runs to its end although its client leaves: what it commits and what follows from that
/// stay together.
#[derive(Clone, Debug)]
pub struct Scopes {
    /// Buyers are told when what follows from their request fails.
    buyers: ShieldLayer<BeforeResponse<AfterCommit>>,
    /// Whoever scans parcels in the warehouse does not wait for mails.
    warehouse: ShieldLayer<AfterResponse>,
}

type AfterCommit = fn(FlushError) -> Response;

impl Scopes {
    /// Those of a shop.
    #[must_use]
    pub fn new(shop: &Shop) -> Self {
        let layer = ScopeLayer::new().airlock(shop.airlock());
        let warehouse = layer.clone().after_response().shield();
        let after_commit: AfterCommit = browsers::after_commit;
        let buyers = layer.on_flush_error(after_commit).shield();
        Self { buyers, warehouse }
    }

    /// What runs on behind all of them. A clone shares it.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        self.buyers.backlog()
    }

    /// The way to the end of the server.
    fn shutdown(&self) -> Shutdown {
        self.buyers.shutdown()
    }
}

/// The whole service. Tests call it without a socket.
pub fn app(shop: &Shop, scopes: &Scopes) -> Router {
    let noted = || from_fn(browsers::note_scope);
    let buyers = routes::buyers().layer(noted()).layer(scopes.buyers.clone());
    let warehouse = routes::warehouse()
        .layer(noted())
        .layer(scopes.warehouse.clone());
    routes::reading()
        .merge(buyers)
        .merge(warehouse)
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::wrong_method)
        // Outside of the scopes: when a page is made, the request's intents have met their fate.
        .layer(from_fn_with_state(shop.clone(), browsers::serve))
        .with_state(shop.clone())
}

/// Serves until `stop` ends, then finishes the requests that are there and all that runs on behind them,
/// but no longer than `patience`.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    shop: &Shop,
    patience: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let scopes = Scopes::new(shop);
    let shutdown = scopes.shutdown();
    let server = axum::serve(listener, app(shop, &scopes)).with_graceful_shutdown(shutdown.begun());
    let served = shutdown.run(server, stop, patience / 2).await;
    shop.close(patience / 2).await;
    match served {
        // Such as a client that sends half a request, and stays.
        Err(late) if late.kind() == io::ErrorKind::TimedOut => {
            tracing::warn!("{late}");
            Ok(())
        }
        served => served,
    }
}
