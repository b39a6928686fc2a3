//! What the client is told when a flush has failed.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use airlock_core::FlushError;

/// A flush has failed, said to a client: a status of 500 with a `problem+json` that tells nothing.
///
/// Made from a [`FlushError`], it logs it and gives it to
/// [`AirlockBuilder::on_stranded`](airlock_core::AirlockBuilder::on_stranded), intents included: no
/// client can take them.
///
/// ```
/// use actix_web::ResponseError;
/// use airlock_actix::FlushFailed;
///
/// let response = FlushFailed.error_response();
/// assert_eq!(response.status(), 500);
/// let content_type = response.headers().get("content-type").expect("it has one");
/// assert_eq!(content_type, "application/problem+json");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushFailed;

impl fmt::Display for FlushFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what the request has caused could not be dispatched")
    }
}

impl std::error::Error for FlushFailed {}

impl From<FlushError> for FlushFailed {
    fn from(error: FlushError) -> Self {
        error.strand();
        Self
    }
}

/// RFC 9457, without anything of the inside.
const PROBLEM: &str = r#"{"type":"about:blank","title":"Internal Server Error","status":500}"#;

impl ResponseError for FlushFailed {
    fn status_code(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code())
            .content_type("application/problem+json")
            .body(PROBLEM)
    }
}

/// Answers a failed flush with [`FlushFailed`]: what a boundary on a handler does with it, as
/// `#[airlock::boundary(on_flush_error = airlock::actix::server_error)]`.
///
/// It is needed where the return type has no `E: From<FlushError>`: for
/// `Result<_, actix_web::Error>`, for any `Result<_, E>` with `E: From<FlushFailed>`, and for
/// [`HttpResponse`].
///
/// ```
/// use actix_web::{HttpResponse, Responder};
/// use airlock_actix::server_error;
///
/// #[airlock::boundary(on_flush_error = server_error)]
/// async fn checkout() -> Result<impl Responder, actix_web::Error> {
///     Ok("done")
/// }
///
/// #[airlock::boundary(on_flush_error = server_error)]
/// async fn cancel() -> HttpResponse {
///     HttpResponse::NoContent().finish()
/// }
/// ```
pub fn server_error<R: AnswersFailedFlush>(error: FlushError) -> R {
    R::answer(FlushFailed::from(error))
}

/// A return type of a handler that can say that a flush has failed; see [`server_error`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that a flush has failed",
    label = "neither an `HttpResponse` nor a `Result` with such an error",
    note = "return an `HttpResponse`, or a `Result<_, E>` where `E` is `actix_web::Error` or implements `From<airlock::actix::FlushFailed>`; or give `on_flush_error` a closure with the value to return"
)]
pub trait AnswersFailedFlush {
    /// The value that says it.
    fn answer(failed: FlushFailed) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<FlushFailed>> AnswersFailedFlush for Result<T, E> {
    fn answer(failed: FlushFailed) -> Self {
        Err(E::from(failed))
    }
}

impl AnswersFailedFlush for HttpResponse {
    fn answer(failed: FlushFailed) -> Self {
        HttpResponse::from_error(failed)
    }
}
