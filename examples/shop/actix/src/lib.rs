//! The shop on actix-web: routes and scopes, without any domain logic.

mod browsers;
mod error;
mod routes;

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, FormConfig, PathConfig};
use actix_web::{App, Error, HttpServer};
use airlock::actix::{ScopeMiddleware, ShieldMiddleware, Shutdown};
use airlock::scope::TaskTracker;
use shop::Shop;

use crate::error::AppError;

/// The scopes of requests. Created once, not by each worker of actix-web: work that continues after a response must
/// not end with the worker that sent it.
///
/// The inner scope of a transaction stores the durable effects. The others are left to these scopes, and are
/// dispatched after the response: nobody waits for them, and their failures are only logged.
///
/// A request runs to its end even if its client disconnects, so that no commit is interrupted.
#[derive(Clone, Debug)]
pub struct Scopes {
    middleware: ShieldMiddleware,
}

impl Scopes {
    /// Creates the scopes of a shop. Must be called within a tokio runtime.
    #[must_use]
    pub fn new(shop: &Shop) -> Self {
        let middleware = ScopeMiddleware::new().airlock(shop.airlock());
        Self {
            middleware: middleware.after_response().shield(),
        }
    }

    /// Returns the tasks that run after responses. Clones share them.
    #[must_use]
    pub fn tasks(&self) -> TaskTracker {
        self.middleware.tasks()
    }

    /// Returns the graceful shutdown of the server.
    fn shutdown(&self) -> Shutdown {
        self.middleware.shutdown()
    }
}

/// Builds the whole service. Tests call it without a socket.
pub fn app(
    shop: &Shop,
    scopes: &Scopes,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(Data::new(shop.clone()))
        .app_data(FormConfig::default().error_handler(|error, _| AppError::from(error).into()))
        .app_data(PathConfig::default().error_handler(|error, _| AppError::from(error).into()))
        .configure(|app| routes::add(app, scopes))
        .default_service(web::to(error::no_such_page))
        // Outside of the scopes: when a page is rendered, the flush of the request has finished.
        .wrap(from_fn(browsers::serve))
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
    let server = HttpServer::new({
        let (shop, scopes) = (shop.clone(), scopes.clone());
        move || app(&shop, &scopes)
    });
    // This timeout starts when the last shielded request has ended.
    let server = server.shutdown_timeout(patience.as_secs() / 3);
    let server = server.listen(listener)?.disable_signals().run();
    let served = scopes.shutdown().run(server, stop, patience / 2).await;
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
