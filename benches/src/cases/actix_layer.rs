//! The time of one request through an actix-web app with our middleware and two effects, minus that
//! of the bare app, which does the same work directly.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, rt, web};
use airlock::actix::ScopeMiddleware;

use crate::harness::{Measured, race_in_pairs};
use crate::run::Places;
use crate::work::{act, record};

pub(super) const REQUESTS: usize = 100;

pub(super) async fn ours() -> &'static str {
    airlock::enqueue(record(1, 7, 99));
    airlock::enqueue(record(2, 7, 99));
    "done"
}

pub(super) async fn bare() -> &'static str {
    act(1, 7, 99);
    act(2, 7, 99);
    "done"
}

/// Returns the app with our middleware.
pub(super) async fn layered()
-> impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = Error> {
    let app = App::new().route("/", web::get().to(ours));
    init_service(app.wrap(ScopeMiddleware::new())).await
}

/// Returns the app without our middleware.
pub(super) async fn plain()
-> impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = Error> {
    init_service(App::new().route("/", web::get().to(bare))).await
}

/// Sends [`REQUESTS`] requests to the app, without a socket.
pub(super) async fn answer<B: MessageBody>(
    app: &impl Service<Request, Response = ServiceResponse<B>, Error = Error>,
) {
    for _ in 0..REQUESTS {
        let request = TestRequest::get().uri("/").to_request();
        match app.call(request).await {
            Ok(response) => assert!(response.status().is_success()),
            Err(error) => panic!("it was not answered: {error}"),
        }
    }
}

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let system = rt::System::new();
    let (layered, plain) = (system.block_on(layered()), system.block_on(plain()));
    let (ours, peer, _) = race_in_pairs(
        || system.block_on(answer(&layered)),
        || system.block_on(answer(&plain)),
    );
    let times = (ours / REQUESTS as f64, peer / REQUESTS as f64);
    let mut measured = Measured::ratio("actix_layer_ns", times, "ns per request");
    measured.value = times.0 - times.1;
    Ok(vec![measured.at_most_nanos(250.0)])
}
