//! Outcomes of boundaries by the status of their return value.

use actix_web::http::StatusCode;
use actix_web::{Either, HttpResponse, HttpResponseBuilder, web};
use airlock_core::__private::OutcomeProbe;
use airlock_core::lifecycle::Outcome;
use airlock_http::outcome_of;

/// A value that answers a request and has a status. A `#[airlock::boundary]` that returns one, or a `Result`
/// of one, succeeds if the status is below 400. The same holds for a return type declared as
/// `impl Responder`.
///
/// Implemented for [`HttpResponse`], for the tuple of a responder and a status, and for `Json`, `Form`,
/// `Html` and `Redirect` of [`web`]. `Option` and `Either` of them also implement it. Implement it for your
/// own responders if their status may be 400 or more. A responder without a known status counts as a success,
/// such as a `String` in an `Option` or the result of
/// [`Responder::customize`](actix_web::Responder::customize). Return an `HttpResponse` instead, or wrap the
/// app with a [`ScopeMiddleware`](crate::ScopeMiddleware), which sees the response itself.
///
/// A builder of responses does not expose its status. If the declared type is `impl Responder`, the boundary
/// builds the response. If the builder is declared by its name, the boundary does not compile:
///
/// ```compile_fail,E0277
/// use actix_web::{HttpResponse, HttpResponseBuilder};
///
/// #[airlock::boundary(on_flush_error = log)]
/// async fn close() -> HttpResponseBuilder {
///     HttpResponse::Conflict()
/// }
/// ```
///
/// ```
/// use actix_web::body::BoxBody;
/// use actix_web::http::StatusCode;
/// use actix_web::{HttpRequest, HttpResponse, Responder};
/// use airlock::actix::HasStatus;
///
/// enum Page {
///     Found(String),
///     Missing,
/// }
///
/// impl HasStatus for Page {
///     fn status(&self) -> StatusCode {
///         match self {
///             Page::Found(_) => StatusCode::OK,
///             Page::Missing => StatusCode::NOT_FOUND,
///         }
///     }
/// }
///
/// impl Responder for Page {
///     type Body = BoxBody;
///
///     fn respond_to(self, _: &HttpRequest) -> HttpResponse {
///         let mut response = HttpResponse::build(self.status());
///         match self {
///             Page::Found(text) => response.body(text),
///             Page::Missing => response.finish(),
///         }
///     }
/// }
///
/// #[airlock::boundary(on_flush_error = |_| Page::Missing)]
/// async fn page() -> Page {
///     Page::Found("hello".to_owned())
/// }
/// # let _ = actix_web::web::get().to(page);
/// ```
#[diagnostic::on_unimplemented(
    message = "a boundary cannot read the status of `{Self}`",
    label = "a builder does not expose its status",
    note = "return an `HttpResponse`, for example from `.finish()`, or declare the return type as `impl Responder`"
)]
pub trait HasStatus {
    /// Returns the status of the response.
    fn status(&self) -> StatusCode;
}

impl HasStatus for StatusCode {
    fn status(&self) -> StatusCode {
        *self
    }
}

impl<B> HasStatus for HttpResponse<B> {
    fn status(&self) -> StatusCode {
        self.status()
    }
}

/// The status with which actix-web answers. A value that cannot be serialised becomes a 500 after the
/// boundary has ended.
impl<T> HasStatus for web::Json<T> {
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// The status with which actix-web answers. A value that cannot be serialised becomes a 500 after the
/// boundary has ended.
impl<T> HasStatus for web::Form<T> {
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }
}

impl HasStatus for web::Html {
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// A redirect does not expose its status, but all redirects are below 400.
impl HasStatus for web::Redirect {
    fn status(&self) -> StatusCode {
        StatusCode::TEMPORARY_REDIRECT
    }
}

/// The status with which actix-web answers: that of the tuple, whatever the responder's is.
impl<R> HasStatus for (R, StatusCode) {
    fn status(&self) -> StatusCode {
        self.1
    }
}

impl<L: HasStatus, R: HasStatus> HasStatus for Either<L, R> {
    fn status(&self) -> StatusCode {
        match self {
            Either::Left(left) => left.status(),
            Either::Right(right) => right.status(),
        }
    }
}

/// The status with which actix-web answers: `None` is a 404.
impl<R: HasStatus> HasStatus for Option<R> {
    fn status(&self) -> StatusCode {
        self.as_ref()
            .map_or(StatusCode::NOT_FOUND, HasStatus::status)
    }
}

pub mod outcomes {
    //! Outcomes of values with a status.

    use super::{Either, HasStatus, HttpResponseBuilder, Outcome, OutcomeProbe, outcome_of};

    /// The outcome of a value by its status.
    pub trait OfActixStatus {
        /// Returns the outcome.
        fn outcome(&self) -> Outcome;
    }

    impl<T: HasStatus> OfActixStatus for &&OutcomeProbe<'_, T> {
        fn outcome(&self) -> Outcome {
            outcome_of(self.0.status().as_u16())
        }
    }

    /// The outcome of a `Result`: `Err` is a failure, and `Ok` is judged by its status.
    pub trait OfResultOfActixStatus {
        /// Returns the outcome.
        fn outcome(&self) -> Outcome;
    }

    impl<T: HasStatus, E> OfResultOfActixStatus for &&OutcomeProbe<'_, Result<T, E>> {
        fn outcome(&self) -> Outcome {
            match self.0 {
                Ok(value) => outcome_of(value.status().as_u16()),
                Err(_) => Outcome::Failure,
            }
        }
    }

    /// A type that has a status but does not expose it. Rejected by the compiler, since it may be a failure.
    pub trait HidesStatus {}

    impl HidesStatus for HttpResponseBuilder {}
    impl<T: HidesStatus> HidesStatus for Option<T> {}
    impl<L> HidesStatus for Either<L, HttpResponseBuilder> {}
    impl<R: HasStatus> HidesStatus for Either<HttpResponseBuilder, R> {}

    /// A stub for a type that hides its status: the bound `T: HasStatus` makes its use fail to compile.
    pub trait OfHiddenStatus<T> {
        /// Returns the outcome.
        fn outcome(&self) -> Outcome
        where
            T: HasStatus;
    }

    impl<T: HidesStatus> OfHiddenStatus<T> for &&OutcomeProbe<'_, T> {
        fn outcome(&self) -> Outcome
        where
            T: HasStatus,
        {
            outcome_of(self.0.status().as_u16())
        }
    }

    /// A stub for a `Result` of a type that hides its status; see [`OfHiddenStatus`].
    pub trait OfResultOfHiddenStatus<T> {
        /// Returns the outcome.
        fn outcome(&self) -> Outcome
        where
            T: HasStatus;
    }

    impl<T: HidesStatus, E> OfResultOfHiddenStatus<T> for &&OutcomeProbe<'_, Result<T, E>> {
        fn outcome(&self) -> Outcome
        where
            T: HasStatus,
        {
            OfResultOfActixStatus::outcome(self)
        }
    }
}

pub mod responders {
    //! Conversions of values declared as `impl Responder` to their response, if they need no request.

    use actix_web::{HttpResponse, HttpResponseBuilder};
    use airlock_core::__private::Convertible;

    /// A conversion to a response.
    pub trait IntoActix {
        /// Converts the value.
        fn convert(&self) -> HttpResponse;
    }

    impl IntoActix for &Convertible<HttpResponseBuilder> {
        fn convert(&self) -> HttpResponse {
            self.take().into()
        }
    }

    /// A conversion of `Ok` to a response. `Err` is left unchanged.
    pub trait ResultIntoActix<E> {
        /// Converts the value.
        ///
        /// # Errors
        ///
        /// The error of the body.
        fn convert(&self) -> Result<HttpResponse, E>;
    }

    impl<E> ResultIntoActix<E> for &&Convertible<Result<HttpResponseBuilder, E>> {
        fn convert(&self) -> Result<HttpResponse, E> {
            self.take().map(Into::into)
        }
    }
}
