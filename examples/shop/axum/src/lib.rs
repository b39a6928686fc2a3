//! The shop on axum: routes, scopes, and nothing of the domain.

mod browsers;
mod error;
mod routes;

use std::future::Future;
use std::io;
use std::time::Duration;

use airlock::Backlog;
use airlock::tower::{AfterResponse, BeforeResponse, ScopeLayer, ShieldLayer};
use axum::Router;
use axum::middleware::from_fn_with_state;
use shop::Shop;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// The scopes of requests.
///
/// A request runs to its end although its client leaves: what it commits and what follows from that
/// stay together.
#[derive(Clone, Debug)]
pub struct Scopes {
    /// Buyers are told when what follows from their request fails.
    buyers: ShieldLayer<BeforeResponse>,
    /// Whoever scans parcels in the warehouse does not wait for mails.
    warehouse: ShieldLayer<AfterResponse>,
}

impl Scopes {
    /// Those of a shop.
    #[must_use]
    pub fn new(shop: &Shop) -> Self {
        let buyers = ScopeLayer::new().airlock(shop.airlock());
        let warehouse = buyers.clone().after_response().shield();
        let buyers = buyers.shield();
        Self { buyers, warehouse }
    }

    /// The requests under way. A clone shares them.
    #[must_use]
    pub fn requests(&self) -> Backlog {
        self.buyers.requests()
    }

    /// What runs on behind all of them. A clone shares it.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        self.buyers.backlog()
    }
}

/// The whole service. Tests call it without a socket.
pub fn app(shop: &Shop, scopes: &Scopes) -> Router {
    let buyers = routes::buyers().layer(scopes.buyers.clone());
    let warehouse = routes::warehouse().layer(scopes.warehouse.clone());
    routes::reading()
        .merge(buyers)
        .merge(warehouse)
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::wrong_method)
        // Outside of the scopes: when a page is made, the request's intents have met their fate.
        .layer(from_fn_with_state(shop.clone(), browsers::serve))
        .with_state(shop.clone())
}

/// Serves until `stop` ends; then waits for the requests that are there, but no longer than `patience`,
/// and for all that runs on behind them.
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
    let (tell, told) = oneshot::channel();
    let stopping = async {
        stop.await;
        let _ = tell.send(()); // unless the server has ended by itself
    };
    let server = axum::serve(listener, app(shop, &scopes)).with_graceful_shutdown(stopping);
    let served = async {
        server.await?;
        scopes.requests().drained().await;
        io::Result::Ok(())
    };
    // A client that sends half a request, and stays, would keep it from ending.
    let out_of_patience = async {
        let _ = told.await;
        sleep(patience).await;
    };
    tokio::select! {
        served = served => served?,
        () = out_of_patience => {}
    }
    scopes.backlog().drained().await;
    shop.close().await;
    Ok(())
}
