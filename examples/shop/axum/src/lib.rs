//! The shop on axum: routes, scopes, and nothing of the domain.

mod browsers;
mod error;
mod routes;

use std::future::Future;
use std::io;
use std::time::Duration;

use airlock::scope::TaskTracker;
use airlock::tower::{AfterResponse, ScopeLayer, ShieldLayer, Shutdown};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use shop::Shop;
use tokio::net::TcpListener;

/// The scopes of requests.
///
/// The scope of a transaction within stores the durable effects. What is left for these are the others, and they leave
/// after the response: nobody waits for them, and their failure is only logged.
///
/// A request runs to its end although its client leaves, so that no commit is given up half-way.
#[derive(Clone, Debug)]
pub struct Scopes {
    layer: ShieldLayer<AfterResponse>,
}

impl Scopes {
    /// The scopes of a shop.
    #[must_use]
    pub fn new(shop: &Shop) -> Self {
        let layer = ScopeLayer::new().airlock(shop.airlock());
        Self {
            layer: layer.after_response().shield(),
        }
    }

    /// What runs on behind the responses. A clone shares it.
    #[must_use]
    pub fn tasks(&self) -> TaskTracker {
        self.layer.tasks()
    }

    /// Ends the server in order.
    fn shutdown(&self) -> Shutdown {
        self.layer.shutdown()
    }
}

/// The whole service. Tests call it without a socket.
pub fn app(shop: &Shop, scopes: &Scopes) -> Router {
    let changing = routes::changing()
        .layer(from_fn(browsers::note_scope))
        .layer(scopes.layer.clone());
    routes::reading()
        .merge(changing)
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::wrong_method)
        // Outside of the scopes: when a page is made, the request's intents have met their fate.
        .layer(from_fn_with_state(shop.clone(), browsers::serve))
        .with_state(shop.clone())
}

/// Serves until `stop` ends, then finishes the requests that are there, all that runs on behind them, and the effects
/// that the worker performs; but no longer than `patience`.
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
