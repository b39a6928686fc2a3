//! Calling code of the program without letting its panics through.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls a closure that the program supplied. Logs its panic and returns `None`.
pub(crate) fn guarded<T>(what: &'static str, call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Some(value),
        Err(payload) => {
            log_panic(what, payload);
            None
        }
    }
}

#[cold]
fn log_panic(what: &'static str, payload: Box<dyn Any + Send>) {
    let text = payload.downcast_ref::<&'static str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("a value that is not a text");
    tracing::error!(target: "airlock", what, message, "code of the program panicked");
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // The destructor of the payload has panicked. That of this one could, too.
        std::mem::forget(second);
    }
}
