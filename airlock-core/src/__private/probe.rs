//! Asking a value what its type can do, where the type is concrete: method look-up tries the probe
//! itself first, then a reference to it. So a type that can answer does, and any other falls back.

use std::fmt;

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

impl<T> fmt::Debug for DebugProbe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DebugProbe")
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
