//! What a boundary's value says by its status.

use actix_web::http::StatusCode;
use actix_web::{Either, HttpResponse, HttpResponseBuilder, web};
use airlock_core::__private::OutcomeProbe;
use airlock_core::lifecycle::Outcome;
use airlock_http::outcome_of;

/// A value that answers a request and knows the status of its answer. A `#[airlock::boundary]` that
/// returns one, or a `Result` of one, succeeds when the status is below 400; also where its type is
/// declared as `impl Responder`.
///
/// [`HttpResponse`], the tuple of a responder and a status, `Json`, `Form`, `Html` and `Redirect` of
/// [`web`] are such values, and `Option` and `Either` of them. Implement it for your own responders
/// whose status may be 400 or more. A responder that cannot tell, such as a `String` in an `Option`, or
/// what [`Responder::customize`](actix_web::Responder::customize) gives, counts as a success: return an
/// `HttpResponse` instead, or wrap the app with a
/// [`ScopeMiddleware`](crate::ScopeMiddleware), which sees the response itself.
///
/// A builder of responses does not show its status. Where the declared type is `impl Responder` the
/// boundary makes its response; by its own name it does not compile:
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
    message = "a boundary cannot ask `{Self}` for its status",
    label = "a builder does not show its status",
    note = "return an `HttpResponse`, such as `.finish()` gives, or declare the return type as `impl Responder`"
)]
pub trait HasStatus {
    /// The status of the answer.
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

/// As actix-web answers with it. One that cannot be serialised becomes a 500, when the boundary is over.
impl<T> HasStatus for web::Json<T> {
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// As actix-web answers with it. One that cannot be serialised becomes a 500, when the boundary is over.
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

/// It does not show which redirection it is; all are below 400.
impl HasStatus for web::Redirect {
    fn status(&self) -> StatusCode {
        StatusCode::TEMPORARY_REDIRECT
    }
}

/// As actix-web answers with it: the status of the tuple, whatever the responder's own.
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

/// As actix-web answers with it: `None` is a 404.
impl<R: HasStatus> HasStatus for Option<R> {
    fn status(&self) -> StatusCode {
        self.as_ref()
            .map_or(StatusCode::NOT_FOUND, HasStatus::status)
    }
}

pub mod outcomes {
    //! How a value with a status tells its outcome.

    use super::{Either, HasStatus, HttpResponseBuilder, Outcome, OutcomeProbe, outcome_of};

    /// By its status.
    pub trait OfActixStatus {
        /// What it means.
        fn outcome(&self) -> Outcome;
    }

    impl<T: HasStatus> OfActixStatus for &&OutcomeProbe<'_, T> {
        fn outcome(&self) -> Outcome {
            outcome_of(self.0.status().as_u16())
        }
    }

    /// `Err` is a failure, and `Ok` goes by its status.
    pub trait OfResultOfActixStatus {
        /// What it means.
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

    /// What has a status and does not show it: refused, since it may be a failure.
    pub trait HidesStatus {}

    impl HidesStatus for HttpResponseBuilder {}
    impl<T: HidesStatus> HidesStatus for Option<T> {}
    impl<L> HidesStatus for Either<L, HttpResponseBuilder> {}
    impl<R: HasStatus> HidesStatus for Either<HttpResponseBuilder, R> {}

    /// Not at all.
    pub trait OfHiddenStatus<T> {
        /// What it means.
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

    /// Not at all.
    pub trait OfResultOfHiddenStatus<T> {
        /// What it means.
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
    //! How a value whose declared type is `impl Responder` becomes its response, where no request is
    //! needed for that.

    use actix_web::{HttpResponse, HttpResponseBuilder};
    use airlock_core::__private::Convertible;

    /// A response.
    pub trait IntoActix {
        /// Makes it.
        fn convert(&self) -> HttpResponse;
    }

    impl IntoActix for &Convertible<HttpResponseBuilder> {
        fn convert(&self) -> HttpResponse {
            self.take().into()
        }
    }

    /// A response, if the body has succeeded. An error stays what it is.
    pub trait ResultIntoActix<E> {
        /// Makes it.
        ///
        /// # Errors
        ///
        /// The body's own.
        fn convert(&self) -> Result<HttpResponse, E>;
    }

    impl<E> ResultIntoActix<E> for &&Convertible<Result<HttpResponseBuilder, E>> {
        fn convert(&self) -> Result<HttpResponse, E> {
            self.take().map(Into::into)
        }
    }
}
