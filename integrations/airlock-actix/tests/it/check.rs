//! The check for routes without a scope.

use actix_web::test::init_service;
use actix_web::{App, HttpResponse, web};
use airlock_actix::check_scopes;

use crate::fixture::{World, mail};

async fn mails() -> HttpResponse {
    airlock::enqueue(mail(1));
    HttpResponse::Ok().finish()
}

#[actix_web::test]
async fn routes_that_no_middleware_wraps_are_found() {
    let world = World::new();
    let orders = web::scope("/orders").route("/{id}", web::get().to(mails));
    let app = App::new()
        .service(orders.wrap(world.middleware()))
        .service(web::resource("/all").to(mails).wrap(world.middleware()))
        .route("/bare", web::get().to(mails));
    let app = init_service(app).await;
    check_scopes(&app, ["/orders/7", "/all"])
        .await
        .expect("each has a scope");
    let missing = check_scopes(&app, ["/orders/7", "/bare", "/nowhere"]).await;
    let missing = missing.expect_err("two have none");
    assert_eq!(missing.paths(), ["/bare", "/nowhere"]);
    let told = missing.to_string();
    assert!(
        told.starts_with("no scope is opened for `/bare`, `/nowhere`: "),
        "{told}"
    );
    assert!(told.contains(".wrap(ScopeMiddleware::new())"), "{told}");
    assert!(world.log.lines().is_empty(), "a check has no effects");
}

#[actix_web::test]
async fn an_app_that_is_wrapped_as_a_whole_has_no_such_route() {
    let world = World::new();
    let app = App::new().route("/", web::get().to(mails));
    let app = init_service(app.wrap(world.middleware())).await;
    let checked = check_scopes(&app, ["/", "/nowhere"]).await;
    checked.expect("the default service has a scope, too");
    let told = airlock::try_enqueue(mail(1))
        .expect_err("no scope is open")
        .to_string();
    let (_, remedy) = told
        .split_once("no scope is open here: ")
        .expect("it says so");
    assert!(
        remedy.starts_with("`ScopeMiddleware` covers what it wraps"),
        "{remedy}"
    );
}
