//! Responses to a failed flush.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use airlock_core::FlushError;
use airlock_http::{PROBLEM_BODY, PROBLEM_TYPE};

/// A 500 response to a failed flush. Its `application/problem+json` body reveals nothing about the cause.
///
/// Its `From<FlushError>` passes the error and its intents to
/// [`AirlockBuilder::on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error), since no client
/// can take them. It implements [`ResponseError`], so `?` converts it to an [`actix_web::Error`].
///
/// ```
/// use actix_web::ResponseError;
/// use airlock_actix::Problem;
///
/// let response = Problem.error_response();
/// assert_eq!(response.status(), 500);
/// let content_type = response.headers().get("content-type").expect("it has one");
/// assert_eq!(content_type, "application/problem+json");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the effects of the request could not be dispatched")
    }
}

impl std::error::Error for Problem {}

impl From<FlushError> for Problem {
    fn from(error: FlushError) -> Self {
        error.report_unhandled();
        Self
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code())
            .content_type(PROBLEM_TYPE)
            .body(PROBLEM_BODY)
    }
}

/// Answers a failed flush with [`Problem`]. Use it for boundaries on handlers, as
/// `#[airlock::boundary(on_flush_error = airlock::actix::problem)]`.
///
/// A boundary that returns an [`HttpResponse`] or a `Result<_, actix_web::Error>` does so by default. For a
/// `Result<_, E>` with `E: From<Problem>`, set it explicitly:
///
/// ```
/// use actix_web::{HttpResponse, Responder};
/// use airlock_actix::{Problem, problem};
///
/// #[airlock::boundary(on_flush_error = problem)]
/// async fn checkout() -> Result<impl Responder, Problem> {
///     Ok("done")
/// }
///
/// #[airlock::boundary]
/// async fn cancel() -> HttpResponse {
///     HttpResponse::NoContent().finish()
/// }
/// ```
pub fn problem<R: FromProblem>(error: FlushError) -> R {
    R::from_problem(Problem::from(error))
}

/// A return type of a handler that can report a failed flush; see [`problem`](fn@problem).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot report a failed flush",
    label = "not an `HttpResponse` or a `Result` with such an error",
    note = "return an `HttpResponse`, or a `Result<_, E>` where `E` is `actix_web::Error` or implements `From<airlock::actix::Problem>`; or give `on_flush_error` a closure with the value to return"
)]
pub trait FromProblem {
    /// Creates the value from a problem.
    fn from_problem(problem: Problem) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Problem>> FromProblem for Result<T, E> {
    fn from_problem(problem: Problem) -> Self {
        Err(E::from(problem))
    }
}

impl FromProblem for HttpResponse {
    fn from_problem(problem: Problem) -> Self {
        HttpResponse::from_error(problem)
    }
}

pub mod carriers {
    //! Conversions of a failed flush to types of actix-web, which cannot implement `From<FlushError>`.

    use actix_web::HttpResponse;
    use airlock_core::__private::Carrier;
    use airlock_core::FlushError;

    use super::Problem;

    /// The conversion of a failed flush by [`Problem`].
    pub trait OfActix<R> {
        /// Returns the value that reports the error.
        fn return_flush_error(&self, error: FlushError) -> R;
    }

    impl<T> OfActix<Result<T, actix_web::Error>> for &Carrier<'_, Result<T, actix_web::Error>> {
        fn return_flush_error(&self, error: FlushError) -> Result<T, actix_web::Error> {
            Err(Problem::from(error).into())
        }
    }

    impl OfActix<HttpResponse> for &Carrier<'_, HttpResponse> {
        fn return_flush_error(&self, error: FlushError) -> HttpResponse {
            HttpResponse::from_error(Problem::from(error))
        }
    }
}
