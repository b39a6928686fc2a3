//! Probes what a concrete type implements. Method look-up tries the probe itself first, then a
//! reference to it, so a type without the trait uses the fallback.

use std::fmt;

/// The placeholder for a redacted argument.
pub const REDACTED: &dyn fmt::Debug = &Word("<redacted>");

struct Word(&'static str);

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A probe for whether an argument implements `Debug`.
pub struct DebugProbe<'a, T>(pub &'a T);

impl<'a, T: fmt::Debug> DebugProbe<'a, T> {
    /// Returns the value itself.
    pub fn shown(&self) -> &'a dyn fmt::Debug {
        self.0
    }
}

/// The fallback for an argument without `Debug`.
pub trait DebugFallback {
    /// Returns a placeholder.
    fn shown(&self) -> &'static dyn fmt::Debug;
}

impl<T> DebugFallback for &DebugProbe<'_, T> {
    fn shown(&self) -> &'static dyn fmt::Debug {
        &Word("..")
    }
}

impl<T> fmt::Debug for DebugProbe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DebugProbe")
    }
}

/// Returns an argument as `&dyn Debug`, or a placeholder if its type does not implement `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_debug_field {
    ($value:expr) => {{
        #[allow(unused_imports, reason = "needed only where the type has no `Debug`")]
        use $crate::__private::DebugFallback as _;
        (&$crate::__private::DebugProbe(&$value)).shown()
    }};
}
