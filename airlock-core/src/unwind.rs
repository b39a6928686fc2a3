//! Calling user code and catching its panics.
//!
//! Once a flush has begun, no user code may abort it: neither `Policy::name`, nor the `Display` of an error, nor the
//! destructor of a panic's payload.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

/// The message of a caught panic. The payload has been dropped.
#[derive(Clone, Debug)]
pub(crate) struct Panicked {
    pub(crate) message: String,
}

impl Panicked {
    /// Takes the message out of a panic's payload and drops the payload.
    #[cold]
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = panic_message(&*payload);
        dispose(payload);
        Self { message }
    }
}

/// Calls a closure and turns its panic into an error.
#[inline]
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(Panicked::new)
}

/// Calls a closure of the user. If it panics, logs the panic and returns `None`.
#[inline]
pub fn guarded<T>(what: &'static str, call: impl FnOnce() -> T) -> Option<T> {
    match catch(call) {
        Ok(value) => Some(value),
        Err(panicked) => {
            log_panic(what, &panicked.message);
            None
        }
    }
}

#[cold]
fn log_panic(what: &'static str, message: &str) {
    tracing::error!(target: "airlock", what, message, "user code panicked");
}

/// Drops a panic's payload. If its destructor panics, the payload of that second panic is leaked: dropping it could
/// panic again.
fn dispose(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

/// Returns the message of a caught panic.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    match payload.downcast_ref::<&'static str>() {
        Some(message) => (*message).to_owned(),
        None => match payload.downcast_ref::<String>() {
            Some(message) => message.clone(),
            None => "a value that is not a string".to_owned(),
        },
    }
}

/// Awaits a future and turns its panic into an error. To catch a panic of the call that makes the future, too, make
/// the call in an `async` block.
pub(crate) async fn catch_async<F: Future>(future: F) -> Result<F::Output, Panicked> {
    catch_unwind_async(future).await.map_err(Panicked::new)
}

/// Awaits a future and returns the payload of its panic, like [`std::panic::catch_unwind`] for a closure.
pub(crate) fn catch_unwind_async<F: Future>(
    inner: F,
) -> impl Future<Output = thread::Result<F::Output>> {
    CatchUnwind { inner }
}

pin_project! {
    /// A future that turns a panic of a poll into an error.
    struct CatchUnwind<F> {
        #[pin]
        inner: F,
    }
}

impl<F: Future> Future for CatchUnwind<F> {
    type Output = thread::Result<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = self.project().inner;
        match catch_unwind(AssertUnwindSafe(|| inner.poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}
