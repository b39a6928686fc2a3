//! Errors as responses.

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shop::{Problem, ShopError};

/// The error of a handler. Its status is 400 or more, so no effect is dispatched.
#[derive(Debug)]
pub(crate) struct AppError(Problem);

impl From<ShopError> for AppError {
    fn from(error: ShopError) -> Self {
        Self(error.into())
    }
}

impl From<Problem> for AppError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<FormRejection> for AppError {
    fn from(rejection: FormRejection) -> Self {
        Self(Problem::new(422, rejection.body_text()))
    }
}

impl From<PathRejection> for AppError {
    fn from(_: PathRejection) -> Self {
        Self(Problem::new(404, None))
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = [(header::CONTENT_TYPE, Problem::CONTENT_TYPE)];
        let mut response = (status, kind, self.0.to_json()).into_response();
        response.extensions_mut().insert(self.0); // for the page
        response
    }
}

pub(crate) async fn no_such_page() -> AppError {
    AppError(Problem::new(404, None))
}

pub(crate) async fn wrong_method() -> AppError {
    AppError(Problem::new(405, None))
}
