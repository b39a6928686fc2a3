//! Responses to a failed flush.

use airlock_core::FlushError;
use airlock_http::{PROBLEM_BODY, PROBLEM_TYPE};
use http::{HeaderValue, Response, StatusCode, header};

/// A 500 response to a failed flush. Its `application/problem+json` body reveals nothing about the cause. The
/// intents go to [`AirlockBuilder::on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error).
///
/// [`ScopeLayer`](crate::ScopeLayer) answers with it unless
/// [`on_flush_error`](crate::ScopeLayer::on_flush_error) is set. It is also the simplest error type for a
/// boundary on a handler that has no error type:
///
/// ```
/// use airlock::tower::Problem;
/// use axum::Json;
///
/// #[airlock::effect]
/// fn notify_warehouse(order: u64) {}
///
/// #[airlock::boundary]
/// async fn checkout() -> Result<Json<u64>, Problem> {
///     airlock::enqueue(notify_warehouse(7));
///     Ok(Json(7))
/// }
/// # let _ = axum::routing::post::<_, _, ()>(checkout);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Problem;

/// Reports the error as unhandled, see [`FlushError::report_unhandled`].
impl From<FlushError> for Problem {
    fn from(error: FlushError) -> Self {
        error.report_unhandled();
        Self
    }
}

#[cfg(feature = "axum")]
impl axum::response::IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        answer()
    }
}

impl From<Problem> for StatusCode {
    fn from(_: Problem) -> Self {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

impl<B: From<&'static str>> From<Problem> for Response<B> {
    fn from(_: Problem) -> Self {
        answer()
    }
}

/// Answers a failed flush with [`Problem`]. Use it for boundaries on handlers, as
/// `#[airlock::boundary(on_flush_error = airlock::tower::problem)]`, and in an error type's
/// `From<FlushError>` or `into_response`.
///
/// It returns whatever such a boundary may return: a [`Response`], a [`StatusCode`], or a `Result<_, E>` with
/// `E: From<Problem>`. Those two types and axum's `ErrorResponse` are such an `E`. The intents go to the
/// `on_unhandled_error` of the airlock around the running code.
///
/// ```
/// use airlock::tower::problem;
/// use axum::Json;
/// use axum::http::{Response, StatusCode};
///
/// #[airlock::effect]
/// fn charge(order: u64) -> Result<(), String> {
///     Err("the card was declined".to_owned())
/// }
///
/// #[airlock::boundary(on_flush_error = problem)]
/// async fn checkout() -> Result<Json<u64>, StatusCode> {
///     airlock::enqueue(charge(7));
///     Ok(Json(7))
/// }
/// # let _ = axum::routing::post::<_, _, ()>(checkout);
///
/// let failed = airlock::scope().run_infallible(|_| airlock::enqueue(charge(7)));
/// let response: Response<String> = problem(failed.unwrap_err());
/// assert_eq!(response.status(), 500);
/// assert!(!response.body().contains("card"));
/// ```
pub fn problem<R: FromProblem>(error: FlushError) -> R {
    R::from_problem(Problem::from(error))
}

/// A return type that can report a failed flush; see [`problem`](fn@problem).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot report a failed flush",
    label = "not a response, a status, or a `Result` with such an error",
    note = "return a response, a `StatusCode`, or a `Result<_, E>` where `E` is one of them or implements `From<airlock::tower::Problem>`; or give `on_flush_error` a closure with the value to return"
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

impl FromProblem for StatusCode {
    fn from_problem(problem: Problem) -> Self {
        problem.into()
    }
}

impl<B: From<&'static str>> FromProblem for Response<B> {
    fn from_problem(problem: Problem) -> Self {
        problem.into()
    }
}

pub mod carriers {
    //! Conversions of a failed flush to responses and statuses, by [`Problem`](super::Problem).

    use airlock_core::__private::Carrier;
    use airlock_core::FlushError;
    use http::{Response, StatusCode};

    use super::problem;

    /// The conversion of a failed flush by [`Problem`](super::Problem).
    pub trait OfHttp<R> {
        /// Returns the value that reports the error.
        fn return_flush_error(&self, error: FlushError) -> R;
    }

    impl<B: From<&'static str>> OfHttp<Response<B>> for &Carrier<'_, Response<B>> {
        fn return_flush_error(&self, error: FlushError) -> Response<B> {
            problem(error)
        }
    }

    impl OfHttp<StatusCode> for &Carrier<'_, StatusCode> {
        fn return_flush_error(&self, error: FlushError) -> StatusCode {
            problem(error)
        }
    }

    impl<T> OfHttp<Result<T, StatusCode>> for &Carrier<'_, Result<T, StatusCode>> {
        fn return_flush_error(&self, error: FlushError) -> Result<T, StatusCode> {
            problem(error)
        }
    }

    impl<T, B: From<&'static str>> OfHttp<Result<T, Response<B>>>
        for &Carrier<'_, Result<T, Response<B>>>
    {
        fn return_flush_error(&self, error: FlushError) -> Result<T, Response<B>> {
            problem(error)
        }
    }
}

fn answer<B: From<&'static str>>() -> Response<B> {
    let mut response = Response::new(B::from(PROBLEM_BODY));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let kind = HeaderValue::from_static(PROBLEM_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// The response to a request whose flush has failed, in place of the service's response: [`Problem`], or a
/// closure from the error to a response.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot answer a failed flush with a body of type `{B}`",
    note = "set the response: `ScopeLayer::new().on_flush_error(|error: airlock::FlushError| ..)` with a response whose body is the service's own type; `Problem` needs a body that is `From<&'static str>`"
)]
pub trait FlushErrorResponse<B> {
    /// Creates the response. Intents that are not [taken](FlushError::into_intents) from the error are
    /// reported as [unhandled](FlushError::report_unhandled).
    fn respond(&self, error: FlushError) -> Response<B>;
}

impl<B: From<&'static str>> FlushErrorResponse<B> for Problem {
    fn respond(&self, error: FlushError) -> Response<B> {
        error.report_unhandled();
        answer()
    }
}

impl<B, F: Fn(FlushError) -> Response<B>> FlushErrorResponse<B> for F {
    fn respond(&self, error: FlushError) -> Response<B> {
        self(error)
    }
}
