//! Routes and handlers: each hands over to the shop.

use actix_web::web::{self, Data, Form, Json, Path, ServiceConfig, get, post};
use actix_web::{HttpResponse, Resource};
use serde::Deserialize;
use shop::{Item, JournalReport, NewOrder, Order, Sent, Shop, page};

use crate::Scopes;
use crate::browsers;
use crate::error::{AppError, wrong_method};

/// Adds them all. What changes nothing needs no scope.
pub(crate) fn add(app: &mut ServiceConfig, scopes: &Scopes) {
    let buyers = || scopes.buyers.clone();
    let warehouse = || scopes.warehouse.clone();
    app.service(at("/").route(get().to(show_page)))
        .service(at("/style.css").route(get().to(style)))
        .service(
            at("/orders")
                .route(get().to(orders))
                .route(post().to(place))
                .wrap(buyers()),
        )
        .service(at("/orders/{order}").route(get().to(order)))
        .service(
            at("/orders/{order}/payment")
                .route(post().to(pay))
                .wrap(buyers()),
        )
        .service(
            at("/orders/{order}/shipment")
                .route(post().to(ship))
                .wrap(warehouse()),
        )
        .service(at("/items").route(get().to(items)))
        .service(
            at("/items/{sku}/stock")
                .route(post().to(restock))
                .wrap(warehouse()),
        )
        .service(at("/imports").route(post().to(import)).wrap(buyers()))
        .service(at("/parked").route(post().to(try_again)).wrap(buyers()))
        .service(at("/mail-server").route(post().to(mail_server)))
        .service(at("/reports").route(get().to(reports)))
        .service(at("/sent").route(get().to(sent)))
        .service(at("/catalogue").route(get().to(catalogue)));
}

fn at(path: &str) -> Resource {
    web::resource(path).default_service(web::to(wrong_method))
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

async fn place(shop: Data<Shop>, new: Form<NewOrder>) -> Result<HttpResponse, AppError> {
    let order = shop.place(new.into_inner()).await?;
    Ok(HttpResponse::Created().json(order))
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
    Ok(HttpResponse::Accepted().json(orders))
}

async fn try_again(shop: Data<Shop>) -> Json<usize> {
    Json(shop.parked().enqueue_again())
}

async fn mail_server(shop: Data<Shop>, server: Form<MailServer>) -> Answer<bool> {
    shop.outside().set_mail_works(server.works);
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

async fn sent(shop: Data<Shop>) -> Answer<Vec<Sent>> {
    Ok(Json(shop.sent().await?))
}

async fn catalogue() -> HttpResponse {
    match airlock::Catalogue::global() {
        Ok(catalogue) => HttpResponse::Ok().json(catalogue),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn show_page(shop: Data<Shop>) -> HttpResponse {
    browsers::page(&shop, None).await
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css")
        .body(page::STYLE)
}
