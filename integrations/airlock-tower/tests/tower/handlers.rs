//! `#[airlock::boundary]` on axum's handlers, without a layer.

use airlock::tower::{HasStatus, Problem, problem};
use airlock::{Airlock, FlushError};
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tower::ServiceExt;

use crate::fixture::{World, charge, get as get_request, mail, ship, text};

#[derive(Debug)]
enum AppError {
    NoSuchOrder,
    Flush(FlushError),
}

impl From<FlushError> for AppError {
    fn from(error: FlushError) -> Self {
        Self::Flush(error)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::NoSuchOrder => StatusCode::NOT_FOUND.into_response(),
            Self::Flush(error) => problem(error),
        }
    }
}

/// What is left of the domain here: which answer is wished.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wish {
    Good,
    Bad,
    Error,
}

impl<S: Sync> FromRequestParts<S> for Wish {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        match parts.uri.query() {
            Some("bad") => Ok(Self::Bad),
            Some("error") => Ok(Self::Error),
            _ => Ok(Self::Good),
        }
    }
}

impl Wish {
    fn status(self) -> StatusCode {
        match self {
            Self::Good => StatusCode::ACCEPTED,
            _ => StatusCode::CONFLICT,
        }
    }
}

/// The outcomes of a boundary's scope and the answers' statuses, for a good, a bad and a wrong wish.
async fn outcomes<H, T>(handler: H) -> Vec<String>
where
    H: axum::handler::Handler<T, ()>,
    T: 'static,
{
    let mut told = Vec::new();
    for wish in ["/?good", "/?bad", "/?error"] {
        let mut world = World::new();
        let app = Router::new().route("/", get(handler.clone()));
        let call = world.airlock.bind(app.oneshot(get_request(wish)));
        let response = call.await.unwrap_or_else(|error| match error {});
        let ended = world.ended_by_now().pop().unwrap_or_default();
        let outcome = ended.split([' ', ':']).nth(1).unwrap_or_default();
        told.push(format!("{outcome} {}", response.status().as_u16()));
        let mailed = world.log.lines() == ["mail 1"];
        assert_eq!(mailed, outcome == "success", "{ended}");
    }
    told
}

#[airlock::boundary]
async fn result_of_impl(wish: Wish) -> Result<impl IntoResponse, AppError> {
    airlock::enqueue(mail(1));
    if wish == Wish::Error {
        return Err(AppError::NoSuchOrder);
    }
    Ok((wish.status(), "text"))
}

#[airlock::boundary]
async fn result_of_status(wish: Wish) -> Result<StatusCode, AppError> {
    airlock::enqueue(mail(1));
    match wish {
        Wish::Error => Err(AppError::NoSuchOrder),
        wish => Ok(wish.status()),
    }
}

type AppResult<T> = Result<T, AppError>;

#[airlock::boundary]
async fn result_of_response(wish: Wish) -> AppResult<Response> {
    airlock::enqueue(mail(1));
    match wish {
        Wish::Error => Err(AppError::NoSuchOrder),
        wish => Ok(wish.status().into_response()),
    }
}

#[airlock::boundary]
async fn alias_of_result_of_impl(wish: Wish) -> AppResult<impl IntoResponse> {
    airlock::enqueue(mail(1));
    match wish {
        Wish::Error => Err(AppError::NoSuchOrder),
        wish => Ok(Page(wish.status())),
    }
}

#[tokio::test]
async fn a_result_is_judged_by_its_kind_and_its_status() {
    let expected = ["success 202", "failure 409", "failure 404"];
    assert_eq!(outcomes(result_of_impl).await, expected);
    assert_eq!(outcomes(result_of_status).await, expected);
    assert_eq!(outcomes(result_of_response).await, expected);
    assert_eq!(outcomes(alias_of_result_of_impl).await, expected);
}

/// A response of the user's own, which tells its status to nobody but axum.
struct Page(StatusCode);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        (self.0, "a page").into_response()
    }
}

#[airlock::boundary(on_flush_error = problem)]
async fn impl_of_own_type(wish: Wish) -> impl IntoResponse {
    airlock::enqueue(mail(1));
    Page(wish.status())
}

#[airlock::boundary(on_flush_error = problem)]
async fn impl_of_status(wish: Wish) -> impl IntoResponse + Send {
    airlock::enqueue(mail(1));
    wish.status()
}

#[airlock::boundary(on_flush_error = problem)]
async fn impl_of_branches(wish: Wish) -> impl IntoResponse {
    airlock::enqueue(mail(1));
    if wish != Wish::Good {
        return StatusCode::CONFLICT.into_response();
    }
    (StatusCode::ACCEPTED, Html("hello")).into_response()
}

#[airlock::boundary(on_flush_error = |error| Ok(problem(error)))]
async fn impl_of_result(wish: Wish) -> impl IntoResponse {
    airlock::enqueue(mail(1));
    match wish {
        Wish::Error => Err(StatusCode::CONFLICT),
        wish => Ok(wish.status()),
    }
}

#[tokio::test]
async fn impl_into_response_is_judged_by_the_response_that_it_makes() {
    let expected = ["success 202", "failure 409", "failure 409"];
    assert_eq!(outcomes(impl_of_own_type).await, expected);
    assert_eq!(outcomes(impl_of_status).await, expected);
    assert_eq!(outcomes(impl_of_branches).await, expected);
    assert_eq!(outcomes(impl_of_result).await, expected);
}

#[airlock::boundary(on_flush_error = log)]
async fn status(wish: Wish) -> StatusCode {
    airlock::enqueue(mail(1));
    wish.status()
}

#[airlock::boundary(on_flush_error = problem)]
async fn response(wish: Wish) -> Response {
    airlock::enqueue(mail(1));
    wish.status().into_response()
}

#[airlock::boundary(on_flush_error = log)]
async fn tuple(wish: Wish) -> (StatusCode, HeaderMap, Json<&'static str>) {
    airlock::enqueue(mail(1));
    (wish.status(), HeaderMap::new(), Json("text"))
}

#[airlock::boundary(on_flush_error = log)]
async fn status_behind_headers(wish: Wish) -> ([(&'static str, &'static str); 1], StatusCode) {
    airlock::enqueue(mail(1));
    ([("x-a", "b")], wish.status())
}

impl HasStatus for Page {
    fn status(&self) -> StatusCode {
        self.0
    }
}

#[airlock::boundary(on_flush_error = log)]
async fn own_type(wish: Wish) -> Page {
    airlock::enqueue(mail(1));
    Page(wish.status())
}

#[tokio::test]
async fn a_type_that_knows_its_status_is_judged_by_it() {
    let expected = ["success 202", "failure 409", "failure 409"];
    assert_eq!(outcomes(status).await, expected);
    assert_eq!(outcomes(response).await, expected);
    assert_eq!(outcomes(tuple).await, expected);
    assert_eq!(outcomes(status_behind_headers).await, expected);
    assert_eq!(outcomes(own_type).await, expected);
}

#[airlock::boundary(on_flush_error = log)]
async fn redirect(_: Wish) -> Redirect {
    airlock::enqueue(mail(1));
    Redirect::to("/elsewhere")
}

#[airlock::boundary(on_flush_error = log)]
async fn json(_: Wish) -> Json<u32> {
    airlock::enqueue(mail(1));
    Json(1)
}

#[airlock::boundary(on_flush_error = log)]
async fn nothing(_: Wish) {
    airlock::enqueue(mail(1));
}

#[tokio::test]
async fn a_type_whose_status_is_always_below_400_succeeds() {
    assert_eq!(outcomes(redirect).await, ["success 303"; 3]);
    assert_eq!(outcomes(json).await, ["success 200"; 3]);
    assert_eq!(outcomes(nothing).await, ["success 200"; 3]);
}

#[airlock::boundary]
#[axum::debug_handler]
async fn above_debug_handler(wish: Wish) -> Result<impl IntoResponse, AppError> {
    airlock::enqueue(mail(1));
    match wish {
        Wish::Error => Err(AppError::NoSuchOrder),
        wish => Ok(wish.status()),
    }
}

#[axum::debug_handler]
#[airlock::boundary]
async fn below_debug_handler(wish: Wish) -> Result<impl IntoResponse, AppError> {
    airlock::enqueue(mail(1));
    match wish {
        Wish::Error => Err(AppError::NoSuchOrder),
        wish => Ok(wish.status()),
    }
}

#[axum::debug_handler]
#[airlock::boundary(on_flush_error = problem)]
async fn impl_below_debug_handler(wish: Wish) -> impl IntoResponse {
    airlock::enqueue(mail(1));
    wish.status()
}

#[tokio::test]
async fn debug_handler_stands_above_and_below() {
    let expected = ["success 202", "failure 409", "failure 404"];
    assert_eq!(outcomes(above_debug_handler).await, expected);
    assert_eq!(outcomes(below_debug_handler).await, expected);
    let expected = ["success 202", "failure 409", "failure 409"];
    assert_eq!(outcomes(impl_below_debug_handler).await, expected);
}

#[derive(Clone)]
struct Shop {
    name: &'static str,
}

#[airlock::boundary(name = "checkout", emits(crate::fixture::Ship))]
#[axum::debug_handler(state = Shop)]
async fn checkout(
    State(Shop { name }): State<Shop>,
    Path(order): Path<u32>,
    headers: HeaderMap,
    Json(mut notes): Json<Vec<String>>,
) -> Result<impl IntoResponse, AppError> {
    airlock::enqueue(ship(order));
    let agent = headers.get("user-agent").ok_or(AppError::NoSuchOrder)?;
    notes.push(format!("{name} {agent:?}"));
    Ok(Json(notes))
}

#[tokio::test]
async fn a_handler_takes_state_and_extractors() {
    let mut world = World::new();
    let app = Router::new().route("/orders/{order}", post(checkout));
    let app = app.with_state(Shop { name: "shop" });
    let request = axum::http::Request::post("/orders/7")
        .header("content-type", "application/json")
        .header("user-agent", "test")
        .body(axum::body::Body::from(r#"["a note"]"#))
        .expect("it is a request");
    let response = world.airlock.bind(app.oneshot(request)).await;
    let body = response.unwrap_or_else(|error| match error {}).into_body();
    assert_eq!(text(body).await, r#"["a note","shop \"test\""]"#);
    assert_eq!(world.ended_by_now(), ["checkout success: ship dispatched"]);
    assert_eq!(world.log.lines(), ["ship 7"]);
}

#[airlock::boundary]
async fn charges() -> Result<impl IntoResponse, AppError> {
    airlock::enqueue(charge(1));
    Ok("done")
}

#[airlock::boundary(on_flush_error = problem)]
async fn charges_without_result() -> impl IntoResponse {
    airlock::enqueue(charge(1));
    "done"
}

#[airlock::boundary]
async fn charges_with_problem() -> Result<Json<u32>, Problem> {
    airlock::enqueue(charge(1));
    Ok(Json(1))
}

async fn called(airlock: &Airlock, app: Router) -> Response {
    let response = airlock.bind(app.oneshot(get_request("/"))).await;
    response.unwrap_or_else(|error| match error {})
}

#[tokio::test]
async fn a_failed_flush_is_answered_by_the_error_type_or_the_closure() {
    for app in [
        get(charges),
        get(charges_without_result),
        get(charges_with_problem),
    ] {
        let world = World::new();
        let response = called(&world.airlock, Router::new().route("/", app)).await;
        assert_eq!(response.status(), 500);
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(world.stranded.lines(), ["charge"]);
    }
}

mod elsewhere {
    //! A trait that only has the name.

    pub(super) trait IntoResponse {
        fn words(&self) -> usize;
    }

    impl IntoResponse for String {
        fn words(&self) -> usize {
            self.split(' ').count()
        }
    }

    #[airlock::boundary(on_flush_error = log)]
    pub(super) fn namesake(number: u32) -> impl IntoResponse {
        airlock::enqueue(crate::fixture::mail(number));
        Page(number)
    }

    struct Page(u32);

    impl IntoResponse for Page {
        fn words(&self) -> usize {
            self.0 as usize
        }
    }
}

#[test]
fn another_trait_of_the_name_is_left_alone() {
    use elsewhere::IntoResponse as _;
    let world = World::new();
    assert_eq!(world.airlock.run(|| elsewhere::namesake(7).words()), 7);
    assert_eq!(world.log.lines(), ["mail 7"]);
    assert_eq!("a b".to_owned().words(), 2);
}
