//! Errors as responses.

use std::fmt;

use actix_web::error::{PathError, UrlencodedError};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use shop::{Problem, ShopError};

/// The error of a handler. Its status is 400 or more, so no effect is dispatched.
#[derive(Debug)]
pub(crate) struct AppError(pub(crate) Problem);

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.title)
    }
}

impl From<ShopError> for AppError {
    fn from(error: ShopError) -> Self {
        Self(error.into())
    }
}

impl From<UrlencodedError> for AppError {
    fn from(error: UrlencodedError) -> Self {
        Self(Problem::new(422, error.to_string()))
    }
}

impl From<PathError> for AppError {
    fn from(_: PathError) -> Self {
        Self(Problem::new(404, None))
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code())
            .content_type(Problem::CONTENT_TYPE)
            .body(self.0.to_json())
    }
}

pub(crate) async fn no_such_page() -> Result<HttpResponse, AppError> {
    Err(AppError(Problem::new(404, None)))
}

/// Returns a response that lists the allowed methods.
pub(crate) fn wrong_method(allow: &'static str) -> HttpResponse {
    let mut response = HttpResponse::from_error(AppError(Problem::new(405, None)));
    let allow = header::HeaderValue::from_static(allow);
    response.headers_mut().insert(header::ALLOW, allow);
    response
}
