//! `#[airlock::boundary]` on actix-web's handlers, without a middleware.

use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::HttpServiceFactory;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{
    App, Either, HttpRequest, HttpResponse, Responder, ResponseError, error, get, post, web,
};
use airlock::FlushError;
use airlock::actix::{HasStatus, Problem, problem};

use crate::fixture::{World, fail, get as get_request, mail, pause, ship};

#[derive(Debug)]
enum AppError {
    NoSuchOrder,
    Flush,
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NoSuchOrder => StatusCode::NOT_FOUND,
            Self::Flush => StatusCode::BAD_GATEWAY,
        }
    }
}

impl From<FlushError> for AppError {
    fn from(error: FlushError) -> Self {
        error.report_unhandled();
        Self::Flush
    }
}

/// The status that a request asks of the handler.
type Wish = web::Path<u16>;

fn status_of(wish: &Wish) -> StatusCode {
    StatusCode::from_u16(**wish).expect("it is a status")
}

/// Returns the response's status and the outcome of the boundary's scope, for a 202, a 409 and an error.
async fn answers(handler: impl HttpServiceFactory + 'static) -> Vec<String> {
    let mut world = World::new();
    let app = init_service(App::new().service(handler)).await;
    let mut told = Vec::new();
    for path in ["/202", "/409", "/0"] {
        let before = world.log.lines().len();
        let call = world.airlock.bind(call_service(&app, get_request(path)));
        let status = call.await.status().as_u16();
        let reports = world.reports();
        let [report] = reports.as_slice() else {
            panic!("one scope: {reports:?}")
        };
        let outcome = report.split(':').next().unwrap_or_default();
        told.push(format!("{status} {outcome}"));
        let mailed = world.log.lines().len() - before;
        assert_eq!(mailed == 1, outcome == "success", "{report}");
    }
    told
}

fn at(route: actix_web::Route) -> impl HttpServiceFactory {
    web::resource("/{status}").route(route)
}

#[airlock::boundary]
async fn result_of_impl(wish: Wish) -> Result<impl Responder, AppError> {
    airlock::enqueue(mail(1));
    pause().await;
    let wish = wish_or_error(&wish)?;
    Ok(("text", status_of(wish)))
}

fn wish_or_error(wish: &Wish) -> Result<&Wish, AppError> {
    if **wish == 0 {
        return Err(AppError::NoSuchOrder);
    }
    Ok(wish)
}

#[airlock::boundary]
async fn result_of_response(wish: Wish) -> Result<HttpResponse, AppError> {
    airlock::enqueue(mail(1));
    let wish = wish_or_error(&wish)?;
    Ok(HttpResponse::build(status_of(wish)).finish())
}

#[airlock::boundary]
async fn result_of_actix(wish: Wish) -> Result<impl Responder, actix_web::Error> {
    airlock::enqueue(mail(1));
    let wish = wish_or_error(&wish)?;
    Ok(HttpResponse::build(status_of(wish)).body("text"))
}

#[airlock::boundary]
async fn alias_of_actix(wish: Wish) -> actix_web::Result<HttpResponse> {
    airlock::enqueue(mail(1));
    if *wish == 0 {
        return Err(error::ErrorNotFound("none"));
    }
    Ok(HttpResponse::build(status_of(&wish)).finish())
}

#[actix_web::test]
async fn a_result_is_judged_by_its_kind_and_its_status() {
    let expected = ["202 success", "409 failure", "404 failure"];
    assert_eq!(answers(at(web::get().to(result_of_impl))).await, expected);
    assert_eq!(
        answers(at(web::get().to(result_of_response))).await,
        expected
    );
    assert_eq!(answers(at(web::get().to(result_of_actix))).await, expected);
    assert_eq!(answers(at(web::get().to(alias_of_actix))).await, expected);
}

/// A user's responder that exposes its status.
struct Page(StatusCode);

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::build(self.0).body("a page")
    }
}

impl HasStatus for Page {
    fn status(&self) -> StatusCode {
        self.0
    }
}

fn wished(wish: &Wish) -> StatusCode {
    match **wish {
        0 => StatusCode::NOT_FOUND,
        _ => status_of(wish),
    }
}

#[airlock::boundary(on_flush_error = problem)]
async fn response(wish: Wish) -> HttpResponse {
    airlock::enqueue(mail(1));
    HttpResponse::build(wished(&wish)).finish()
}

#[airlock::boundary(on_flush_error = problem)]
async fn impl_of_response(wish: Wish) -> impl Responder {
    airlock::enqueue(mail(1));
    HttpResponse::build(wished(&wish)).finish()
}

#[airlock::boundary(on_flush_error = log)]
async fn impl_of_tuple(wish: Wish) -> impl Responder {
    airlock::enqueue(mail(1));
    ("text", wished(&wish))
}

#[airlock::boundary(on_flush_error = log)]
async fn impl_of_own_type(wish: Wish) -> impl Responder {
    airlock::enqueue(mail(1));
    Page(wished(&wish))
}

#[airlock::boundary(on_flush_error = log)]
async fn own_type(wish: Wish) -> Page {
    airlock::enqueue(mail(1));
    Page(wished(&wish))
}

#[airlock::boundary(on_flush_error = log)]
async fn either(wish: Wish) -> Either<Page, HttpResponse> {
    airlock::enqueue(mail(1));
    match wished(&wish) {
        StatusCode::CONFLICT => Either::Left(Page(StatusCode::CONFLICT)),
        status => Either::Right(HttpResponse::build(status).finish()),
    }
}

#[airlock::boundary(on_flush_error = log)]
async fn option(wish: Wish) -> Option<HttpResponse> {
    airlock::enqueue(mail(1));
    (*wish != 0).then(|| HttpResponse::build(status_of(&wish)).finish())
}

#[actix_web::test]
async fn a_type_that_knows_its_status_is_judged_by_it_also_behind_impl_responder() {
    let expected = ["202 success", "409 failure", "404 failure"];
    for handler in [
        web::get().to(response),
        web::get().to(impl_of_response),
        web::get().to(impl_of_tuple),
        web::get().to(impl_of_own_type),
        web::get().to(own_type),
        web::get().to(either),
        web::get().to(option),
    ] {
        assert_eq!(answers(at(handler)).await, expected);
    }
}

#[airlock::boundary(on_flush_error = problem)]
async fn impl_of_builder(wish: Wish) -> impl Responder {
    airlock::enqueue(mail(1));
    HttpResponse::build(wished(&wish))
}

#[airlock::boundary]
async fn result_of_impl_of_builder(wish: Wish) -> Result<impl Responder, AppError> {
    airlock::enqueue(mail(1));
    let wish = wish_or_error(&wish)?;
    Ok(HttpResponse::build(status_of(wish)))
}

#[airlock::boundary(on_flush_error = log)]
async fn either_of_json(wish: Wish) -> Either<web::Json<u16>, HttpResponse> {
    airlock::enqueue(mail(1));
    match wished(&wish) {
        StatusCode::ACCEPTED => Either::Left(web::Json(7)),
        status => Either::Right(HttpResponse::build(status).finish()),
    }
}

#[actix_web::test]
async fn everyday_answers_are_judged_by_the_status_that_they_lead_to() {
    let expected = ["202 success", "409 failure", "404 failure"];
    for handler in [
        web::get().to(impl_of_builder),
        web::get().to(result_of_impl_of_builder),
    ] {
        assert_eq!(answers(at(handler)).await, expected);
    }
    assert_eq!(
        answers(at(web::get().to(either_of_json))).await,
        ["200 success", "409 failure", "404 failure"]
    );
}

#[airlock::boundary(on_flush_error = log)]
async fn option_of_json(wish: Wish) -> Option<web::Json<u16>> {
    airlock::enqueue(mail(1));
    found(&wish).map(web::Json)
}

#[airlock::boundary]
async fn result_of_option_of_json(wish: Wish) -> actix_web::Result<Option<web::Json<u16>>> {
    airlock::enqueue(mail(1));
    Ok(found(&wish).map(web::Json))
}

#[airlock::boundary(on_flush_error = log)]
async fn option_of_form(wish: Wish) -> Option<web::Form<[(&'static str, u16); 1]>> {
    airlock::enqueue(mail(1));
    found(&wish).map(|n| web::Form([("n", n)]))
}

#[airlock::boundary(on_flush_error = log)]
async fn option_of_html(wish: Wish) -> Option<web::Html> {
    airlock::enqueue(mail(1));
    found(&wish).map(|n| web::Html::new(n.to_string()))
}

#[airlock::boundary(on_flush_error = log)]
async fn option_of_redirect(wish: Wish) -> Option<web::Redirect> {
    airlock::enqueue(mail(1));
    found(&wish).map(|_| web::Redirect::to("/").see_other())
}

fn found(wish: &Wish) -> Option<u16> {
    (**wish == 202).then_some(7)
}

#[actix_web::test]
async fn nothing_in_place_of_an_answer_is_a_404_and_discards() {
    let expected = ["200 success", "404 failure", "404 failure"];
    for handler in [
        web::get().to(option_of_json),
        web::get().to(result_of_option_of_json),
        web::get().to(option_of_form),
        web::get().to(option_of_html),
    ] {
        assert_eq!(answers(at(handler)).await, expected);
    }
    assert_eq!(
        answers(at(web::get().to(option_of_redirect))).await,
        ["303 success", "404 failure", "404 failure"]
    );
}

#[airlock::boundary(on_flush_error = log)]
async fn customized(wish: Wish) -> impl Responder {
    airlock::enqueue(mail(1));
    "text".customize().with_status(wished(&wish))
}

#[airlock::boundary(on_flush_error = log)]
async fn text(_: Wish) -> String {
    airlock::enqueue(mail(1));
    "text".to_owned()
}

#[actix_web::test]
async fn a_type_that_cannot_tell_succeeds() {
    let expected = ["202 success", "409 success", "404 success"];
    assert_eq!(answers(at(web::get().to(customized))).await, expected);
    assert_eq!(answers(at(web::get().to(text))).await, ["200 success"; 3]);
}

#[actix_web::test]
async fn within_a_middleware_the_response_itself_decides() {
    let mut world = World::new();
    let app = App::new().service(at(web::get().to(customized)));
    let app = init_service(app.wrap(world.middleware())).await;
    call_service(&app, get_request("/409")).await;
    assert_eq!(
        world.reports(),
        ["success: mail captured", "failure: mail discarded"]
    );
}

#[airlock::boundary]
#[get("/{status}")]
async fn above_route(wish: Wish) -> Result<impl Responder, AppError> {
    airlock::enqueue(mail(1));
    let wish = wish_or_error(&wish)?;
    Ok(HttpResponse::build(status_of(wish)).finish())
}

#[get("/{status}")]
#[airlock::boundary]
async fn below_route(wish: Wish) -> Result<impl Responder, AppError> {
    airlock::enqueue(mail(1));
    let wish = wish_or_error(&wish)?;
    Ok(HttpResponse::build(status_of(wish)).finish())
}

#[get("/{status}")]
#[airlock::boundary]
async fn actix_below_route(wish: Wish) -> actix_web::Result<impl Responder> {
    airlock::enqueue(mail(1));
    let wish = wish_or_error(&wish)?;
    Ok(HttpResponse::build(status_of(wish)).finish())
}

#[actix_web::test]
async fn a_route_attribute_stands_above_and_below() {
    let expected = ["202 success", "409 failure", "404 failure"];
    assert_eq!(answers(above_route).await, expected);
    assert_eq!(answers(below_route).await, expected);
    assert_eq!(answers(actix_below_route).await, expected);
}

struct Shop {
    name: &'static str,
}

/// A handler whose future is not `Send`. It stays on the worker's thread.
#[post("/orders/{order}")]
#[airlock::boundary(name = "checkout", emits(crate::fixture::Ship))]
async fn checkout(
    shop: web::Data<Shop>,
    order: web::Path<u32>,
    request: HttpRequest,
    mut notes: web::Bytes,
) -> Result<impl Responder, AppError> {
    let here = std::rc::Rc::new(*order);
    airlock::enqueue(ship(*here));
    pause().await;
    let agent = request
        .headers()
        .get("user-agent")
        .ok_or(AppError::NoSuchOrder)?;
    notes.truncate(3);
    Ok(format!("{} {here} {notes:?} {agent:?}", shop.name))
}

#[actix_web::test]
async fn a_handler_takes_data_and_extractors_and_need_not_be_send() {
    let mut world = World::new();
    let data = web::Data::new(Shop { name: "shop" });
    let app = init_service(App::new().app_data(data).service(checkout)).await;
    let request = TestRequest::post()
        .uri("/orders/7")
        .insert_header(("user-agent", "test"));
    let call = call_service(&app, request.set_payload("a note").to_request());
    let body = world.airlock.bind(call).await.into_body();
    assert_eq!(
        to_bytes(body).await.expect("it ends"),
        r#"shop 7 b"a n" "test""#
    );
    assert_eq!(world.reports(), ["success: ship dispatched"]);
    let boundary = airlock::boundaries()
        .iter()
        .find(|b| b.name() == "checkout");
    assert!(boundary.is_some(), "it stands in the catalogue");
}

#[airlock::boundary]
async fn fails_with_app_error() -> Result<impl Responder, AppError> {
    airlock::enqueue(fail(1));
    Ok("done")
}

#[airlock::boundary]
async fn fails_with_problem() -> Result<&'static str, Problem> {
    airlock::enqueue(fail(1));
    Ok("done")
}

#[airlock::boundary]
async fn fails_with_actix_error() -> actix_web::Result<impl Responder> {
    airlock::enqueue(fail(1));
    Ok("done")
}

#[airlock::boundary(on_flush_error = problem)]
async fn fails_with_response() -> HttpResponse {
    airlock::enqueue(fail(1));
    HttpResponse::Ok().finish()
}

#[airlock::boundary(on_flush_error = problem)]
async fn fails_with_impl_of_response() -> impl Responder {
    airlock::enqueue(fail(1));
    HttpResponse::Ok().finish()
}

#[actix_web::test]
async fn a_failed_flush_is_answered_by_the_error_type_or_by_problem() {
    for (handler, status) in [
        (web::get().to(fails_with_app_error), 502),
        (web::get().to(fails_with_problem), 500),
        (web::get().to(fails_with_actix_error), 500),
        (web::get().to(fails_with_response), 500),
        (web::get().to(fails_with_impl_of_response), 500),
    ] {
        let world = World::new();
        let app = init_service(App::new().route("/", handler)).await;
        let call = world.airlock.bind(call_service(&app, get_request("/")));
        let response = call.await;
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(world.unhandled(), 1);
        let body = to_bytes(response.into_body()).await.expect("it ends");
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
}
