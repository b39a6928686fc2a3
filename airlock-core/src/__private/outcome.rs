//! Tells from the value of a boundary's body whether the body succeeded.
//!
//! Each trait in `outcomes` covers some types. Method look-up on a reference to a reference to a
//! reference tries the traits in turn (autoref specialization). The traits of integrations come
//! first, since they know the types of their framework. Then comes the one for `Result`, then the
//! one for any value. The facade's `outcomes` re-exports the traits of all crates; its `conversions`
//! and `responders` re-export those of one framework each. Generated code brings them into scope.

use std::cell::Cell;
use std::fmt;

/// A probe for whether the body that returned a value succeeded. An integration implements its
/// trait for `&&OutcomeProbe<'_, T>`, with its types as `T`.
pub struct OutcomeProbe<'a, T>(pub &'a T);

impl<T> fmt::Debug for OutcomeProbe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutcomeProbe")
    }
}

/// The traits that tell an outcome, each with a method `outcome`.
pub mod outcomes {
    use super::OutcomeProbe;
    use crate::lifecycle::Outcome;

    /// Treats `Err` as a failure.
    pub trait OfResult {
        /// Returns the outcome of the value.
        fn outcome(&self) -> Outcome;
    }

    impl<T, E> OfResult for &OutcomeProbe<'_, Result<T, E>> {
        fn outcome(&self) -> Outcome {
            Outcome::from_result(self.0)
        }
    }

    /// Treats any value as a success.
    pub trait OfAnything {
        /// Returns the outcome of the value.
        fn outcome(&self) -> Outcome;
    }

    impl<T> OfAnything for OutcomeProbe<'_, T> {
        fn outcome(&self) -> Outcome {
            Outcome::Success
        }
    }
}

/// The value of a body whose declared type is `impl IntoResponse` or `impl Responder`. It can be
/// converted into its response, which has a status.
pub struct Convertible<T>(Cell<Option<T>>);

impl<T> Convertible<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(Cell::new(Some(value)))
    }

    /// Takes the value out.
    ///
    /// # Panics
    ///
    /// If it was taken before.
    pub fn take(&self) -> T {
        self.0.take().expect("generated code takes it once")
    }
}

impl<T> fmt::Debug for Convertible<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Convertible")
    }
}

/// The traits that convert a value into its response, each with a method `convert`.
pub mod conversions {
    use super::Convertible;

    /// Leaves the value as it is.
    pub trait IntoItself<T> {
        /// Returns the value.
        fn convert(&self) -> T;
    }

    impl<T> IntoItself<T> for Convertible<T> {
        fn convert(&self) -> T {
            self.take()
        }
    }
}

/// Tells whether a body succeeded, from its value and the traits in `outcomes` at this path.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_outcome {
    ($value:expr, $($private:tt)+) => {{
        #[allow(unused_imports, reason = "one of them tells")]
        use $($private)+::outcomes::*;
        (&&&$crate::__private::OutcomeProbe(&$value)).outcome()
    }};
}

/// Converts a body's value into its response if a trait at this path applies, and otherwise returns
/// the value.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_response {
    ($value:expr, $($ways:tt)+) => {{
        #[allow(unused_imports, reason = "one of them converts")]
        use $($ways)+::*;
        (&&&$crate::__private::Convertible::new($value)).convert()
    }};
}
