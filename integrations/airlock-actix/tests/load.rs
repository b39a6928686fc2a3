//! Load test: 20,000 requests over 64 connections to actix-web, each in a separate scope. The effects of the
//! requests that succeed run exactly once each, in order, and no others run.
//!
//! With HTTP/1 and the server's defaults, a client that closes its connection does not cancel the handler,
//! and all effects run. An unshielded request whose client resets the connection ends in one of three ways:
//!
//! - The server drops the handler at the await where it notices, and no effect runs.
//! - The server notices after the flush, and all effects have run.
//! - The server cuts short a flush that awaits, and the intents that were not reached are handed back.
//!
//! After the response, no flush is cut short. With a shield, all effects of a request that has reached its
//! handler run, however the client disconnects.

use actix_web::http::StatusCode;
use actix_web::middleware::Condition;
use actix_web::{App, HttpResponse, HttpServer, Result, web};
use airlock::actix::ScopeMiddleware;
use airlock_test_traffic::{OnClose, Refused, Told, Traffic, stopped};

async fn handle(traffic: web::Data<Traffic>, request: web::Path<u32>) -> Result<HttpResponse> {
    let answer = |status| {
        let status = StatusCode::from_u16(status).expect("a status");
        HttpResponse::build(status).body(request.to_string())
    };
    let refused = |Refused| {
        let answer = answer(Refused::STATUS);
        actix_web::error::InternalError::from_response(Refused, answer).into()
    };
    traffic.handle(*request).await.map(answer).map_err(refused)
}

async fn serve(told: Told) {
    let traffic = Traffic::new(OnClose::RunsOn, told);
    let mut middleware = ScopeMiddleware::new().airlock(&traffic.airlock);
    if told == Told::AfterResponse {
        middleware = middleware.after_response();
    }
    let shield = middleware.clone().shield();
    let (flushes, requests) = (shield.tasks(), shield.requests());
    let data = web::Data::from(traffic.clone());
    let app = move || {
        let is_shielded = told == Told::Shield;
        App::new()
            .app_data(data.clone())
            .route("/{request}", web::get().to(handle))
            .wrap(Condition::new(!is_shielded, middleware.clone()))
            .wrap(Condition::new(is_shielded, shield.clone()))
    };
    let server = HttpServer::new(app).workers(2).disable_signals();
    let server = server.bind(("127.0.0.1", 0)).expect("a port is free");
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let server = actix_web::rt::spawn(server);
    traffic.drive(address).await;
    stopped(requests.drained()).await;
    handle.stop(true).await;
    let served = stopped(server).await.expect("no panic");
    served.expect("it ends");
    stopped(flushes.drained()).await;
    traffic.verify();
}

#[actix_web::test]
async fn exactly_the_effects_of_the_requests_that_succeed_run_on_actix() {
    serve(Told::BeforeResponse).await;
}

#[actix_web::test]
async fn exactly_the_effects_of_the_requests_that_succeed_run_on_actix_after_the_response() {
    serve(Told::AfterResponse).await;
}

#[actix_web::test]
async fn exactly_the_effects_of_the_requests_that_succeed_run_on_actix_behind_a_shield() {
    serve(Told::Shield).await;
}
