//! Returning a failed flush as the value of a boundary.
//!
//! As for outcomes, method look-up tries the ways in turn: first those of integrations, for error
//! types of their framework, which cannot be `From<FlushError>`; then that.

use std::fmt;

/// Asks how a value's type carries a failed flush. An integration answers for `&Carrier<'_, R>` with
/// its types as `R`.
pub struct Carrier<'a, R>(pub &'a R);

impl<R> fmt::Debug for Carrier<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

/// A return type that can say that the flush has failed.
#[diagnostic::on_unimplemented(
    message = "a boundary that returns `{Self}` must say what happens when its flush fails",
    label = "cannot carry a `FlushError`",
    note = "return a `Result<_, E>` with `E: From<airlock::FlushError>`, or write `#[airlock::boundary(on_flush_error = log)]`, `= panic`, or `= |error| ..` with the value to return; a handler has `= airlock::tower::problem` or `= airlock::actix::problem`"
)]
pub trait CarriesFlushError {
    /// The value that says it.
    fn from_flush_error(error: crate::report::FlushError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<crate::report::FlushError>> CarriesFlushError for Result<T, E> {
    fn from_flush_error(error: crate::report::FlushError) -> Self {
        Err(E::from(error))
    }
}

/// The ways to carry a failed flush, as methods named `return_flush_error`.
pub mod carriers {
    use super::{Carrier, CarriesFlushError};
    use crate::report::FlushError;

    /// As the error of a `Result`.
    pub trait OfFlushError<R> {
        /// The value that says it.
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
