//! Routes and handlers: each calls the shop.

use actix_web::http::{StatusCode, header::HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, Form, Json, Path, ServiceConfig, post};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, guard};
use serde::Deserialize;
use shop::page::Top;
use shop::{Item, Job, JobQuery, JournalReport, NewOrder, Order, Placed, Sent, Shop, page};

use crate::Scopes;
use crate::browsers;
use crate::error::{AppError, wrong_method};

/// Adds all routes. Requests that change something run in a scope.
pub(crate) fn add(app: &mut ServiceConfig, scopes: &Scopes) {
    let scoped = |it: Resource| {
        it.wrap(from_fn(browsers::note_scope))
            .wrap(scopes.middleware.clone())
    };
    let orders = at("/orders", READ_AND_CHANGE).route(read().to(orders));
    let change = |path| at(path, CHANGE);
    app.service(at("/", READ).route(read().to(show_page)))
        .service(at("/style.css", READ).route(read().to(style)))
        .service(scoped(orders.route(post().to(place))))
        .service(at("/orders/{order}", READ).route(read().to(order)))
        .service(scoped(
            change("/orders/{order}/payment").route(post().to(pay)),
        ))
        .service(scoped(
            change("/orders/{order}/shipment").route(post().to(ship)),
        ))
        .service(at("/items", READ).route(read().to(items)))
        .service(scoped(
            change("/items/{sku}/stock").route(post().to(restock)),
        ))
        .service(scoped(change("/imports").route(post().to(import))))
        .service(change("/mail-server").route(post().to(mail_server)))
        .service(at("/reports", READ).route(read().to(reports)))
        .service(at("/jobs", READ).route(read().to(jobs)))
        .service(at("/sent", READ).route(read().to(sent)))
        .service(at("/catalogue", READ).route(read().to(catalogue)));
}

const READ: &str = "GET,HEAD";
const CHANGE: &str = "POST";
const READ_AND_CHANGE: &str = "GET,HEAD,POST";

/// Creates a resource for a path with these methods. Other methods get 405 with an `Allow` header.
fn at(path: &str, allow: &'static str) -> Resource {
    let others = move || std::future::ready(wrong_method(allow));
    web::resource(path).default_service(web::to(others))
}

/// Creates a route for `GET` and `HEAD`; actix-web does not add `HEAD` itself.
fn read() -> Route {
    let reads = guard::Any(guard::Get()).or(guard::Head());
    web::route().guard(reads)
}

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
    request: HttpRequest,
    shop: Data<Shop>,
    new: Form<NewOrder>,
) -> Result<HttpResponse, AppError> {
    let key = request.headers().get("idempotency-key");
    let new = new.into_inner().with_header(key.map(HeaderValue::as_bytes));
    let Placed { order, is_new } = shop.place(new).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(HttpResponse::build(status).json(order))
}

async fn pay(shop: Data<Shop>, order: Path<i64>, payment: Form<Payment>) -> Answer<Order> {
    let Payment { card } = payment.into_inner();
    Ok(Json(shop.pay(*order, card).await?))
}

async fn ship(shop: Data<Shop>, order: Path<i64>) -> Answer<Order> {
    Ok(Json(shop.ship(*order).await?))
}

async fn restock(shop: Data<Shop>, sku: Path<String>, restock: Form<Restock>) -> Answer<Item> {
    Ok(Json(shop.restock(&sku, restock.quantity).await?))
}

async fn import(shop: Data<Shop>, import: Form<Import>) -> Result<HttpResponse, AppError> {
    let orders = shop::import_orders(&shop, &import.lines).await?;
    Ok(HttpResponse::Created().json(orders))
}

async fn mail_server(shop: Data<Shop>, server: Form<MailServer>) -> Answer<bool> {
    shop.set_mail_works(server.works).await?;
    Ok(Json(server.works))
}

async fn orders(shop: Data<Shop>) -> Answer<Vec<Order>> {
    Ok(Json(shop.orders().await?))
}

async fn order(shop: Data<Shop>, order: Path<i64>) -> Answer<Order> {
    Ok(Json(shop.order(*order).await?))
}

async fn items(shop: Data<Shop>) -> Answer<Vec<Item>> {
    Ok(Json(shop.items().await?))
}

async fn reports(shop: Data<Shop>) -> Json<Vec<JournalReport>> {
    Json(shop.reports())
}

async fn jobs(shop: Data<Shop>, request: HttpRequest) -> Answer<Vec<Job>> {
    let query = JobQuery::read(Some(request.query_string()))?;
    Ok(Json(shop.jobs(query).await?))
}

async fn sent(shop: Data<Shop>) -> Answer<Vec<Sent>> {
    Ok(Json(shop.sent().await?))
}

async fn catalogue() -> HttpResponse {
    match airlock::catalogue::Catalogue::global() {
        Ok(catalogue) => HttpResponse::Ok().json(catalogue),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn show_page(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let notice = shop.notices().named_in(Some(request.query_string()));
    browsers::page(&shop, &notice.map(Top::Notice).unwrap_or_default()).await
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css")
        .body(page::STYLE)
}
