//! Forms of handlers: with extractors, below other attributes, and with failing flushes.

use airlock::Airlock;
use airlock::tower::{Problem, problem};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tower::ServiceExt;

use super::{AppError, Wish, outcomes};
use crate::fixture::{World, charge, get as get_request, mail, ship, text};

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
    let request = Request::post("/orders/7")
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

#[airlock::boundary]
async fn charges_without_result() -> impl IntoResponse {
    airlock::enqueue(charge(1));
    "done"
}

#[airlock::boundary]
async fn charges_with_problem() -> Result<Json<u32>, Problem> {
    airlock::enqueue(charge(1));
    Ok(Json(1))
}

#[airlock::boundary]
async fn charges_with_status() -> Result<Json<u32>, StatusCode> {
    airlock::enqueue(charge(1));
    Ok(Json(1))
}

#[airlock::boundary]
async fn charges_to_a_status() -> StatusCode {
    airlock::enqueue(charge(1));
    StatusCode::OK
}

#[airlock::boundary(on_flush_error = problem)]
async fn charges_with_error_response() -> axum::response::Result<impl IntoResponse> {
    airlock::enqueue(charge(1));
    Ok("done")
}

#[airlock::boundary]
async fn charges_with_response() -> Result<String, Response> {
    airlock::enqueue(charge(1));
    Ok("done".to_owned())
}

#[airlock::boundary]
async fn charges_to_a_response() -> Response {
    airlock::enqueue(charge(1));
    "done".into_response()
}

async fn called(airlock: &Airlock, app: Router) -> Response {
    let response = airlock.bind(app.oneshot(get_request("/"))).await;
    response.unwrap_or_else(|error| match error {})
}

#[tokio::test]
async fn a_failed_flush_is_answered_by_the_error_type_or_the_closure() {
    const PROBLEM: Option<&str> = Some("application/problem+json");
    for (app, content_type) in [
        (get(charges), PROBLEM),
        (get(charges_without_result), PROBLEM),
        (get(charges_with_problem), PROBLEM),
        (get(charges_with_status), None),
        (get(charges_to_a_status), None),
        (get(charges_with_error_response), PROBLEM),
        (get(charges_with_response), PROBLEM),
        (get(charges_to_a_response), PROBLEM),
    ] {
        let world = World::new();
        let response = called(&world.airlock, Router::new().route("/", app)).await;
        assert_eq!(response.status(), 500);
        let given = response.headers().get("content-type");
        let given = given.and_then(|value| value.to_str().ok());
        assert_eq!(given, content_type);
        assert_eq!(world.unhandled.lines(), ["charge"]);
    }
}

mod elsewhere {
    //! A user's trait with the same name.

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
