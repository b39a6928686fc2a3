//! The shop on actix-web: routes, scopes, and nothing of the domain.

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

/// The scopes of requests. Created once, and not by each worker of actix-web: what runs on behind a response must not
/// end with the worker that gave it.
///
/// The scope of a transaction within stores the durable effects. What is left for these are the others, and they leave
/// after the response: nobody waits for them, and their failure is only logged.
///
/// A request runs to its end although its client leaves, so that no commit is given up half-way.
#[derive(Clone, Debug)]
pub struct Scopes {
    middleware: ShieldMiddleware,
}

impl Scopes {
    /// The scopes of a shop. On tokio.
    #[must_use]
    pub fn new(shop: &Shop) -> Self {
        let middleware = ScopeMiddleware::new().airlock(shop.airlock());
        Self {
            middleware: middleware.after_response().shield(),
        }
    }

    /// What runs on behind the responses. A clone shares it.
    #[must_use]
    pub fn tasks(&self) -> TaskTracker {
        self.middleware.tasks()
    }

    /// Ends the server in order.
    fn shutdown(&self) -> Shutdown {
        self.middleware.shutdown()
    }
}

/// The whole service. Tests call it without a socket.
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
        // Outside of the scopes: when a page is made, the request's intents have met their fate.
        .wrap(from_fn(browsers::serve))
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
    let server = HttpServer::new({
        let (shop, scopes) = (shop.clone(), scopes.clone());
        move || app(&shop, &scopes)
    });
    // It starts when the last shielded request has ended.
    let server = server.shutdown_timeout(patience.as_secs() / 3);
    let server = server.listen(listener)?.disable_signals().run();
    let served = scopes.shutdown().run(server, stop, patience / 2).await;
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
