//! Asking the value of a boundary's body whether the body has succeeded.
//!
//! Method look-up on a reference to a reference to a reference tries the ways to tell in turn: first
//! those of integrations, which know the types of their framework, then that of `Result`, then the
//! one that any value has. The facade's `outcomes` hold the ways of all crates, its `conversions` and
//! `responders` those of one framework each; generated code brings them into scope.

use std::cell::Cell;
use std::fmt;

/// Asks a value whether its body has succeeded. An integration answers for `&&OutcomeProbe<'_, T>`
/// with its types as `T`.
pub struct OutcomeProbe<'a, T>(pub &'a T);

impl<T> fmt::Debug for OutcomeProbe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutcomeProbe")
    }
}

/// The ways to tell an outcome, as methods named `outcome`.
pub mod outcomes {
    use super::OutcomeProbe;
    use crate::lifecycle::Outcome;

    /// `Err` is a failure.
    pub trait OfResult {
        /// What it means.
        fn outcome(&self) -> Outcome;
    }

    impl<T, E> OfResult for &OutcomeProbe<'_, Result<T, E>> {
        fn outcome(&self) -> Outcome {
            Outcome::from_result(self.0)
        }
    }

    /// Returning is a success.
    pub trait OfAnything {
        /// What it means.
        fn outcome(&self) -> Outcome;
    }

    impl<T> OfAnything for OutcomeProbe<'_, T> {
        fn outcome(&self) -> Outcome {
            Outcome::Success
        }
    }
}

/// Holds the value of a body whose declared type is `impl IntoResponse` or `impl Responder`: the
/// response that it makes can stand for it, and has a status.
pub struct Convertible<T>(Cell<Option<T>>);

impl<T> Convertible<T> {
    /// Holds it.
    pub fn new(value: T) -> Self {
        Self(Cell::new(Some(value)))
    }

    /// Gives it, once.
    ///
    /// # Panics
    ///
    /// The second time.
    pub fn take(&self) -> T {
        self.0.take().expect("generated code takes it once")
    }
}

impl<T> fmt::Debug for Convertible<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Convertible")
    }
}

/// The ways to convert, as methods named `convert`.
pub mod conversions {
    use super::Convertible;

    /// The value stays what it is.
    pub trait IntoItself<T> {
        /// The value.
        fn convert(&self) -> T;
    }

    impl<T> IntoItself<T> for Convertible<T> {
        fn convert(&self) -> T {
            self.take()
        }
    }
}

/// Whether a body has succeeded, by its value and the ways that are known at this path.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_outcome {
    ($value:expr, $($private:tt)+) => {{
        #[allow(unused_imports, reason = "one of them tells")]
        use $($private)+::outcomes::*;
        (&&&$crate::__private::OutcomeProbe(&$value)).outcome()
    }};
}

/// The response that a body's value makes, if one of these ways knows it; else the value.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_response {
    ($value:expr, $($ways:tt)+) => {{
        #[allow(unused_imports, reason = "one of them converts")]
        use $($ways)+::*;
        (&&&$crate::__private::Convertible::new($value)).convert()
    }};
}
