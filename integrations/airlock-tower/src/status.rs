//! Outcomes of boundaries by the status of their return value.

use airlock_core::__private::OutcomeProbe;
use airlock_core::lifecycle::Outcome;
use airlock_http::outcome_of;
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};

/// A value that answers a request and has a status. A `#[airlock::boundary]` that returns one, or a `Result`
/// of one, succeeds if the status is below 400.
///
/// Implemented for statuses, responses, and tuples in which axum accepts a status. Implement it for your own
/// type if a handler names it as the return type. Not needed for a handler that returns `impl IntoResponse`,
/// or for a type whose status is below 400, such as `Json`. (A `Json` that cannot be serialised becomes a 500
/// after the boundary has ended; with `impl IntoResponse` the boundary sees that status.)
///
/// ```
/// use airlock::tower::HasStatus;
/// use axum::http::StatusCode;
/// use axum::response::{IntoResponse, Response};
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
/// impl IntoResponse for Page {
///     fn into_response(self) -> Response {
///         let status = self.status();
///         match self {
///             Page::Found(text) => (status, text).into_response(),
///             Page::Missing => status.into_response(),
///         }
///     }
/// }
///
/// #[airlock::boundary(on_flush_error = |_| Page::Missing)]
/// async fn page() -> Page {
///     Page::Found("hello".to_owned())
/// }
/// # let _ = axum::routing::get::<_, _, ()>(page);
/// ```
pub trait HasStatus {
    /// Returns the status of the response.
    fn status(&self) -> StatusCode;
}

impl HasStatus for StatusCode {
    fn status(&self) -> StatusCode {
        *self
    }
}

impl<B> HasStatus for Response<B> {
    fn status(&self) -> StatusCode {
        self.status()
    }
}

/// The first element of a tuple, which sets the status.
trait First {
    fn status(&self) -> StatusCode;
}

impl First for StatusCode {
    fn status(&self) -> StatusCode {
        *self
    }
}

impl First for Parts {
    fn status(&self) -> StatusCode {
        self.status
    }
}

impl First for Response<()> {
    fn status(&self) -> StatusCode {
        self.status()
    }
}

macro_rules! led_by_a_status {
    ($(($($rest:ident)+))+) => {$(
        #[allow(private_bounds, reason = "a status, or a type that axum treats as one")]
        impl<F: First, $($rest),+> HasStatus for (F, $($rest),+) {
            fn status(&self) -> StatusCode {
                self.0.status()
            }
        }
    )+};
}

led_by_a_status! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E G) }

/// The response is the last element, after the headers.
impl<R: HasStatus> HasStatus for (HeaderMap, R) {
    fn status(&self) -> StatusCode {
        self.1.status()
    }
}

impl<K, V, const N: usize, R: HasStatus> HasStatus for ([(K, V); N], R) {
    fn status(&self) -> StatusCode {
        self.1.status()
    }
}

pub mod outcomes {
    //! Outcomes of values with a status.

    use super::{HasStatus, Outcome, OutcomeProbe, outcome_of};

    /// The outcome of a value by its status.
    pub trait OfStatus {
        /// Returns the outcome.
        fn outcome(&self) -> Outcome;
    }

    impl<T: HasStatus> OfStatus for &&OutcomeProbe<'_, T> {
        fn outcome(&self) -> Outcome {
            outcome_of(self.0.status().as_u16())
        }
    }

    /// The outcome of a `Result`: `Err` is a failure, and `Ok` is judged by its status.
    pub trait OfResultOfStatus {
        /// Returns the outcome.
        fn outcome(&self) -> Outcome;
    }

    impl<T: HasStatus, E> OfResultOfStatus for &&OutcomeProbe<'_, Result<T, E>> {
        fn outcome(&self) -> Outcome {
            match self.0 {
                Ok(value) => outcome_of(value.status().as_u16()),
                Err(_) => Outcome::Failure,
            }
        }
    }
}

#[cfg(feature = "axum")]
pub mod conversions {
    //! Conversions of values declared as `impl IntoResponse` to their response.

    use airlock_core::__private::Convertible;
    use axum::response::{IntoResponse, Response};

    /// A conversion to a response.
    pub trait IntoAxum {
        /// Converts the value.
        fn convert(&self) -> Response;
    }

    impl<T: IntoResponse> IntoAxum for &Convertible<T> {
        fn convert(&self) -> Response {
            self.take().into_response()
        }
    }

    /// A conversion of `Ok` to a response. `Err` is left unchanged.
    pub trait ResultIntoAxum<E> {
        /// Converts the value.
        ///
        /// # Errors
        ///
        /// The error of the body.
        fn convert(&self) -> Result<Response, E>;
    }

    impl<T: IntoResponse, E> ResultIntoAxum<E> for &&Convertible<Result<T, E>> {
        fn convert(&self) -> Result<Response, E> {
            self.take().map(IntoResponse::into_response)
        }
    }
}
