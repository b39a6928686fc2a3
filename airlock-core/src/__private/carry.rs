//! Returns a failed flush as the value of a boundary.
//!
//! Method look-up tries several traits in turn, as for outcomes. The traits of integrations come
//! first, since error types of a framework cannot implement `From<FlushError>`. The trait for
//! `From<FlushError>` is the fallback.

use std::fmt;

/// A probe for how a value's type carries a failed flush. An integration implements its trait for
/// `&Carrier<'_, R>`, with its types as `R`.
pub struct Carrier<'a, R>(pub &'a R);

impl<R> fmt::Debug for Carrier<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

/// A return type that can carry a flush error.
#[diagnostic::on_unimplemented(
    message = "a boundary that returns `{Self}` must say what happens when its flush fails",
    label = "cannot carry a `FlushError`",
    note = "return a `Result<_, E>` with `E: From<airlock::FlushError>`, or write `#[airlock::boundary(on_flush_error = log)]`, `= panic`, or `= |error| ..` with the value to return; a handler has `= airlock::tower::problem` or `= airlock::actix::problem`"
)]
pub trait CarriesFlushError {
    /// Converts the error into a return value.
    fn from_flush_error(error: crate::report::FlushError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<crate::report::FlushError>> CarriesFlushError for Result<T, E> {
    fn from_flush_error(error: crate::report::FlushError) -> Self {
        Err(E::from(error))
    }
}

/// The traits that return a failed flush as a value, each with a method `return_flush_error`.
pub mod carriers {
    use super::{Carrier, CarriesFlushError};
    use crate::report::FlushError;

    /// Returns the flush error as the error of a `Result`.
    pub trait OfFlushError<R> {
        /// Converts the error into a return value.
        fn return_flush_error(&self, error: FlushError) -> R
        where
            R: CarriesFlushError;
    }

    impl<R> OfFlushError<R> for Carrier<'_, R> {
        fn return_flush_error(&self, error: FlushError) -> R
        where
            R: CarriesFlushError,
        {
            R::from_flush_error(error)
        }
    }
}
