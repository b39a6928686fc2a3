//! Return values of handlers, and the outcomes of their scopes.

use airlock::tower::{HasStatus, problem};
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::{AppError, Wish, outcomes};
use crate::fixture::mail;

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

/// A user's response type that does not implement `HasStatus`.
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

/// Returns a map whose keys are not strings.
#[airlock::boundary(on_flush_error = problem)]
async fn impl_of_json_that_cannot_be(_: Wish) -> impl IntoResponse {
    airlock::enqueue(mail(1));
    Json(std::collections::BTreeMap::from([((1, 2), 3)]))
}

#[tokio::test]
async fn a_json_that_cannot_be_serialised_is_a_failure_of_impl_into_response() {
    assert_eq!(
        outcomes(impl_of_json_that_cannot_be).await,
        ["failure 500"; 3]
    );
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
