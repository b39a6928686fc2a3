//! What a boundary's value says by its status.

use actix_web::http::StatusCode;
use actix_web::{Either, HttpResponse};
use airlock_core::__private::OutcomeProbe;
use airlock_core::lifecycle::Outcome;

/// The outcome that a status stands for: a failure from 400 on.
pub(crate) fn outcome_of(status: StatusCode) -> Outcome {
    if status.as_u16() < 400 {
        Outcome::Success
    } else {
        Outcome::Failure
    }
}

/// A value that answers a request and knows the status of its answer. A `#[airlock::boundary]` that
/// returns one, or a `Result` of one, succeeds when the status is below 400; also where its type is
/// declared as `impl Responder`.
///
/// [`HttpResponse`] and the tuple of a responder and a status are such values. Implement it for your
/// own responders whose status may be 400 or more. A responder that cannot tell, such as what
/// [`Responder::customize`](actix_web::Responder::customize) gives, counts as a success: return an
/// `HttpResponse` instead, or wrap the app with a
/// [`ScopeMiddleware`](crate::ScopeMiddleware), which sees the response itself.
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

    use super::{HasStatus, Outcome, OutcomeProbe, outcome_of};

    /// By its status.
    pub trait OfActixStatus {
        /// What it means.
        fn outcome(&self) -> Outcome;
    }

    impl<T: HasStatus> OfActixStatus for &&OutcomeProbe<'_, T> {
        fn outcome(&self) -> Outcome {
            outcome_of(self.0.status())
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
                Ok(value) => outcome_of(value.status()),
                Err(_) => Outcome::Failure,
            }
        }
    }
}
