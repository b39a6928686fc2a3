//! Routes and handlers: each calls the shop.

use axum::extract::{FromRequest, FromRequestParts, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use shop::page::Top;
use shop::{Item, Job, JobQuery, JournalReport, NewOrder, Order, Placed, Sent, Shop, page};

use crate::browsers;
use crate::error::AppError;

/// Returns the routes that change nothing. They need no scope.
pub(crate) fn reading() -> Router<Shop> {
    Router::new()
        .route("/", get(show_page))
        .route("/style.css", get(style))
        .route("/orders", get(orders))
        .route("/orders/{order}", get(order))
        .route("/items", get(items))
        .route("/reports", get(reports))
        .route("/jobs", get(jobs))
        .route("/sent", get(sent))
        .route("/catalogue", get(catalogue))
        .route("/mail-server", post(mail_server))
}

/// Returns the routes that change something. They run in a scope.
pub(crate) fn changing() -> Router<Shop> {
    Router::new()
        .route("/orders", post(place))
        .route("/orders/{order}/payment", post(pay))
        .route("/orders/{order}/shipment", post(ship))
        .route("/items/{sku}/stock", post(restock))
        .route("/imports", post(import))
}

/// axum's extractor, with our error type for paths that do not match.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(AppError))]
struct Path<T>(T);

#[derive(FromRequest)]
#[from_request(via(axum::Form), rejection(AppError))]
struct Form<T>(T);

#[derive(Deserialize)]
struct Payment {
    card: String,
}

#[derive(Deserialize)]
struct Restock {
    quantity: i64,
}

#[derive(Deserialize)]
struct Import {
    lines: String,
}

#[derive(Deserialize)]
struct MailServer {
    works: bool,
}

type Answer<T> = Result<Json<T>, AppError>;

async fn place(
    State(shop): State<Shop>,
    headers: HeaderMap,
    Form(new): Form<NewOrder>,
) -> Result<(StatusCode, Json<Order>), AppError> {
    let key = headers.get("idempotency-key").map(HeaderValue::as_bytes);
    let Placed { order, is_new } = shop.place(new.with_header(key)).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(order)))
}

async fn pay(
    State(shop): State<Shop>,
    Path(order): Path<i64>,
    Form(Payment { card }): Form<Payment>,
) -> Answer<Order> {
    Ok(Json(shop.pay(order, card).await?))
}

async fn ship(State(shop): State<Shop>, Path(order): Path<i64>) -> Answer<Order> {
    Ok(Json(shop.ship(order).await?))
}

async fn restock(
    State(shop): State<Shop>,
    Path(sku): Path<String>,
    Form(Restock { quantity }): Form<Restock>,
) -> Answer<Item> {
    Ok(Json(shop.restock(&sku, quantity).await?))
}

async fn import(
    State(shop): State<Shop>,
    Form(Import { lines }): Form<Import>,
) -> Result<(StatusCode, Json<Vec<Order>>), AppError> {
    let orders = shop::import_orders(&shop, &lines).await?;
    Ok((StatusCode::CREATED, Json(orders)))
}

async fn mail_server(
    State(shop): State<Shop>,
    Form(MailServer { works }): Form<MailServer>,
) -> Answer<bool> {
    shop.set_mail_works(works).await?;
    Ok(Json(works))
}

async fn orders(State(shop): State<Shop>) -> Answer<Vec<Order>> {
    Ok(Json(shop.orders().await?))
}

async fn order(State(shop): State<Shop>, Path(order): Path<i64>) -> Answer<Order> {
    Ok(Json(shop.order(order).await?))
}

async fn items(State(shop): State<Shop>) -> Answer<Vec<Item>> {
    Ok(Json(shop.items().await?))
}

async fn reports(State(shop): State<Shop>) -> Json<Vec<JournalReport>> {
    Json(shop.reports())
}

async fn jobs(State(shop): State<Shop>, RawQuery(query): RawQuery) -> Answer<Vec<Job>> {
    let query = JobQuery::read(query.as_deref())?;
    Ok(Json(shop.jobs(query).await?))
}

async fn sent(State(shop): State<Shop>) -> Answer<Vec<Sent>> {
    Ok(Json(shop.sent().await?))
}

async fn catalogue() -> Response {
    match airlock::catalogue::Catalogue::global() {
        Ok(catalogue) => Json(catalogue).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn show_page(State(shop): State<Shop>, RawQuery(query): RawQuery) -> Response {
    let notice = shop.notices().named_in(query.as_deref());
    browsers::page(&shop, &notice.map(Top::Notice).unwrap_or_default()).await
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css")], page::STYLE)
}
