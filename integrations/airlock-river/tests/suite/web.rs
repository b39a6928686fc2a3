//! Tests of a transaction for each request, whose durable intents River stores: on axum and actix-web.

use airlock::sqlx::{TransactionLayer, TransactionMiddleware, Tx};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use tower::ServiceExt;

use super::effects::note;
use super::{AnyError, World, insert_order};
use crate::world::Db;

/// The path and the status of each request, and the number of orders and jobs that exist before its response.
const REQUESTS: [(&str, u16, usize, usize); 3] = [
    ("/placed", 200, 1, 1),
    ("/refused", 422, 0, 0),
    // Durable intents are stored even if the handler takes no transaction.
    ("/without", 200, 0, 1),
];

async fn place(mut tx: Tx<Db>, status: u16) -> u16 {
    insert_order(&mut tx, 1).await;
    airlock::enqueue(note(1));
    status
}

#[tokio::test]
async fn a_request_on_axum_stores_before_its_answer() -> Result<(), AnyError> {
    let status = |status| StatusCode::from_u16(status).expect("a status");
    for (path, expected, orders, jobs) in REQUESTS {
        let world = World::new().await;
        let app: axum::Router = axum::Router::new()
            .route("/placed", get(async move |tx| status(place(tx, 200).await)))
            .route(
                "/refused",
                get(async move |tx| status(place(tx, 422).await)),
            )
            .route("/without", get(async || _ = airlock::enqueue(note(2))))
            .layer(TransactionLayer::new(world.river.transactions()));
        let request = Request::get(path).body(Body::empty())?;
        let response = app.oneshot(request).await?;
        assert_eq!(response.status(), expected, "{path}");
        assert_eq!(world.orders().await?.len(), orders, "{path}");
        assert_eq!(world.jobs().await?.len(), jobs, "{path}");
    }
    Ok(())
}

#[actix_web::test]
async fn a_request_on_actix_stores_before_its_answer() -> Result<(), AnyError> {
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};
    async fn answer(tx: Tx<Db>, status: u16) -> HttpResponse {
        let status = actix_web::http::StatusCode::from_u16(place(tx, status).await);
        HttpResponse::build(status.expect("a status")).finish()
    }
    for (path, expected, orders, jobs) in REQUESTS {
        let world = World::new().await;
        let app = App::new()
            .wrap(TransactionMiddleware::new(world.river.transactions()))
            .route("/placed", web::get().to(|tx| answer(tx, 200)))
            .route("/refused", web::get().to(|tx| answer(tx, 422)))
            .route(
                "/without",
                web::get().to(async || {
                    airlock::enqueue(note(2));
                    "stored"
                }),
            );
        let app = init_service(app).await;
        let request = TestRequest::get().uri(path).to_request();
        let response = call_service(&app, request).await;
        assert_eq!(response.status().as_u16(), expected, "{path}");
        assert_eq!(world.orders().await?.len(), orders, "{path}");
        assert_eq!(world.jobs().await?.len(), jobs, "{path}");
    }
    Ok(())
}
