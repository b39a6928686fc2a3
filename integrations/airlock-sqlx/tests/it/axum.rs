//! The table of endings through axum.

use airlock::sqlx::{TransactionLayer, Transactions, Tx};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http_body_util::BodyExt;
use sqlx::Sqlite;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::endings::ENDINGS;
use crate::world::{World, insert, insert_item_of_nothing, mail};

async fn order(tx: &mut Tx<Sqlite>) {
    insert(tx, 1).await.expect("an order");
    airlock::enqueue(mail("sent".to_owned()));
}

async fn status(mut tx: Tx<Sqlite>, status: StatusCode) -> StatusCode {
    order(&mut tx).await;
    status
}

async fn commit_fails(mut tx: Tx<Sqlite>) -> &'static str {
    order(&mut tx).await;
    insert_item_of_nothing(&mut tx).await.expect("an item");
    "never sent"
}

async fn keeps_it(mut tx: Tx<Sqlite>) -> &'static str {
    order(&mut tx).await;
    tokio::spawn(async move {
        let _tx = tx;
        std::future::pending::<()>().await;
    });
    "never sent"
}

async fn panics(mut tx: Tx<Sqlite>) -> Response {
    order(&mut tx).await;
    panic!("on purpose")
}

fn app(world: &World) -> Router {
    let transactions = Transactions::new(world.pool.clone());
    Router::new()
        .route("/ok", get(|tx| status(tx, StatusCode::OK)))
        .route(
            "/redirect",
            get(async |mut tx: Tx<Sqlite>| {
                order(&mut tx).await;
                Redirect::to("/").into_response()
            }),
        )
        .route(
            "/refused",
            get(|tx| status(tx, StatusCode::UNPROCESSABLE_ENTITY)),
        )
        .route(
            "/broken",
            get(|tx| status(tx, StatusCode::INTERNAL_SERVER_ERROR)),
        )
        .route("/panics", get(panics))
        .route("/commit-fails", get(commit_fails))
        .route("/keeps-it", get(keeps_it))
        .route("/without", get(async || "no transaction"))
        .layer(TransactionLayer::new(transactions))
        .layer(CatchPanicLayer::new())
}

#[tokio::test]
async fn a_request_commits_on_success_before_its_response() {
    for ending in &ENDINGS {
        let world = World::new().await;
        let request = Request::get(ending.path)
            .body(Body::empty())
            .expect("a request");
        let call = app(&world).oneshot(request);
        let response = world.airlock.bind(call).await.expect("a response");
        // The client can see the response now, so everything must be committed.
        let (orders, left) = (world.orders().await, world.left());
        assert_eq!(response.status().as_u16(), ending.status, "{ending:?}");
        assert_eq!(orders.len(), usize::from(ending.commits), "{ending:?}");
        assert_eq!(left.len(), usize::from(ending.commits), "{ending:?}");
        let kind = response.headers().get(header::CONTENT_TYPE).cloned();
        let is_problem = kind.is_some_and(|kind| kind == "application/problem+json");
        assert_eq!(is_problem, ending.is_problem, "{ending:?}");
        let body = response
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        assert!(
            !body.windows(5).any(|window| window == b"never"),
            "{ending:?}"
        );
    }
}

#[tokio::test]
async fn a_handler_outside_of_the_layer_is_told() {
    let app: Router = Router::new().route("/", get(|tx| status(tx, StatusCode::OK)));
    let request = Request::get("/").body(Body::empty()).expect("a request");
    let response = app.oneshot(request).await.expect("a response");
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
