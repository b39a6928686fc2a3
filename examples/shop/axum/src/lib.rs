//! The shop on axum: routes and scopes, without any domain logic.

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
/// The inner scope of a transaction stores the durable effects. The others are left to these scopes, and are
/// dispatched after the response: nobody waits for them, and their failures are only logged.
///
/// A request runs to its end even if its client disconnects, so that no commit is interrupted.
#[derive(Clone, Debug)]
pub struct Scopes {
    layer: ShieldLayer<AfterResponse>,
}

impl Scopes {
    /// Creates the scopes of a shop.
    #[must_use]
    pub fn new(shop: &Shop) -> Self {
        let layer = ScopeLayer::new().airlock(shop.airlock());
        Self {
            layer: layer.after_response().shield(),
        }
    }

    /// Returns the tasks that run after responses. Clones share them.
    #[must_use]
    pub fn tasks(&self) -> TaskTracker {
        self.layer.tasks()
    }

    /// Returns the graceful shutdown of the server.
    fn shutdown(&self) -> Shutdown {
        self.layer.shutdown()
    }
}

/// Builds the whole service. Tests call it without a socket.
pub fn app(shop: &Shop, scopes: &Scopes) -> Router {
    let changing = routes::changing()
        .layer(from_fn(browsers::note_scope))
        .layer(scopes.layer.clone());
    routes::reading()
        .merge(changing)
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::wrong_method)
        // Outside of the scopes: when a page is rendered, the flush of the request has finished.
        .layer(from_fn_with_state(shop.clone(), browsers::serve))
        .with_state(shop.clone())
}

/// Serves until `stop` completes. Then it finishes pending requests, the tasks that run after responses, and the
/// effects that the worker performs; it waits no longer than `patience`.
///
/// # Errors
///
/// Returns an error if the listener fails.
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
        // For example, a client has sent half a request and stays connected.
        Err(late) if late.kind() == io::ErrorKind::TimedOut => {
            tracing::warn!("{late}");
            Ok(())
        }
        served => served,
    }
}
