//! The table of endings through actix-web.

use std::panic::AssertUnwindSafe;

use actix_web::http::{StatusCode, header};
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::{App, HttpResponse, web};
use airlock::sqlx::{TransactionMiddleware, Transactions, Tx};
use futures_util::FutureExt;
use sqlx::Sqlite;

use crate::endings::ENDINGS;
use crate::world::{World, insert, insert_item_of_nothing, mail};

async fn order(tx: &mut Tx<Sqlite>) {
    insert(tx, 1).await.expect("an order");
    airlock::enqueue(mail("sent".to_owned()));
}

async fn status(mut tx: Tx<Sqlite>, status: StatusCode) -> HttpResponse {
    order(&mut tx).await;
    HttpResponse::build(status).finish()
}

async fn commit_fails(mut tx: Tx<Sqlite>) -> &'static str {
    order(&mut tx).await;
    insert_item_of_nothing(&mut tx).await.expect("an item");
    "never sent"
}

async fn keeps_it(mut tx: Tx<Sqlite>) -> &'static str {
    order(&mut tx).await;
    actix_web::rt::spawn(async move {
        let _tx = tx;
        std::future::pending::<()>().await;
    });
    "never sent"
}

async fn panics(mut tx: Tx<Sqlite>) -> HttpResponse {
    order(&mut tx).await;
    panic!("on purpose")
}

#[actix_web::test]
async fn a_request_commits_on_success_before_its_response() {
    for ending in &ENDINGS {
        let world = World::new().await;
        let transactions = Transactions::new(world.pool.clone());
        let app = App::new()
            .wrap(TransactionMiddleware::new(transactions))
            .route("/ok", web::get().to(|tx| status(tx, StatusCode::OK)))
            .route(
                "/redirect",
                web::get().to(|tx| status(tx, StatusCode::SEE_OTHER)),
            )
            .route(
                "/refused",
                web::get().to(|tx| status(tx, StatusCode::UNPROCESSABLE_ENTITY)),
            )
            .route(
                "/broken",
                web::get().to(|tx| status(tx, StatusCode::INTERNAL_SERVER_ERROR)),
            )
            .route("/panics", web::get().to(panics))
            .route("/commit-fails", web::get().to(commit_fails))
            .route("/keeps-it", web::get().to(keeps_it))
            .route("/without", web::get().to(async || "no transaction"));
        let app = init_service(app).await;
        let request = TestRequest::get().uri(ending.path).to_request();
        let call = world.airlock.bind(try_call_service(&app, request));
        let ended = AssertUnwindSafe(call).catch_unwind().await;
        let (orders, left) = (world.orders().await, world.left());
        assert_eq!(orders.len(), usize::from(ending.commits), "{ending:?}");
        assert_eq!(left.len(), usize::from(ending.commits), "{ending:?}");
        let response = match ended {
            // Without a server, no layer turns a panic into a response.
            Err(_) => {
                assert_eq!(ending.path, "/panics");
                continue;
            }
            Ok(Ok(response)) => response.into_parts().1.map_into_boxed_body(),
            Ok(Err(error)) => error.error_response(),
        };
        assert_eq!(response.status().as_u16(), ending.status, "{ending:?}");
        let kind = response.headers().get(header::CONTENT_TYPE);
        let is_problem = kind.is_some_and(|kind| kind == "application/problem+json");
        assert_eq!(is_problem, ending.is_problem, "{ending:?}");
    }
}
