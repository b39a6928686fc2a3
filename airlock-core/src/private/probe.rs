//! Asking a value what its type can do, where the type is concrete: method look-up tries the probe
//! itself first, then a reference to it. So a type that can answer does, and any other falls back.

use std::fmt;

use crate::lifecycle::Outcome;

/// Stands for a redacted argument.
pub const REDACTED: &dyn fmt::Debug = &Word("<redacted>");

struct Word(&'static str);

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Asks how an argument shows itself.
pub struct DebugProbe<'a, T>(pub &'a T);

impl<'a, T: fmt::Debug> DebugProbe<'a, T> {
    /// The value itself.
    pub fn shown(&self) -> &'a dyn fmt::Debug {
        self.0
    }
}

/// Serves where an argument has no `Debug`.
pub trait DebugFallback {
    /// A stand-in.
    fn shown(&self) -> &'static dyn fmt::Debug;
}

impl<T> DebugFallback for &DebugProbe<'_, T> {
    fn shown(&self) -> &'static dyn fmt::Debug {
        &Word("..")
    }
}

/// Asks whether a body has succeeded.
pub struct OutcomeProbe<'a, T>(pub &'a T);

impl<T, E> OutcomeProbe<'_, Result<T, E>> {
    /// `Err` is a failure.
    pub fn outcome(&self) -> Outcome {
        Outcome::of(self.0)
    }
}

/// Serves where a value cannot tell.
pub trait OutcomeFallback {
    /// Returning is a success.
    fn outcome(&self) -> Outcome;
}

impl<T> OutcomeFallback for &OutcomeProbe<'_, T> {
    fn outcome(&self) -> Outcome {
        Outcome::Success
    }
}

impl<T> fmt::Debug for DebugProbe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DebugProbe")
    }
}

impl<T> fmt::Debug for OutcomeProbe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutcomeProbe")
    }
}

/// How an argument shows itself in `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_debug_field {
    ($value:expr) => {{
        #[allow(unused_imports, reason = "needed only where the type has no `Debug`")]
        use $crate::__private::DebugFallback as _;
        (&$crate::__private::DebugProbe(&$value)).shown()
    }};
}

/// Whether a body has succeeded.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_outcome {
    ($value:expr) => {{
        #[allow(unused_imports, reason = "needed only where the type cannot tell")]
        use $crate::__private::OutcomeFallback as _;
        (&$crate::__private::OutcomeProbe(&$value)).outcome()
    }};
}
