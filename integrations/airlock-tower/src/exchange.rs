//! One request and its response, in the types of `http`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use airlock_core::lifecycle::Outcome;
use airlock_core::{FlushError, TaskTracker};
use airlock_http::{Exchange, HeldScope};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::settings::{Judge, Settings};
use crate::timing::FlushTiming;

/// The state of a request's layer that the driver of the request needs.
#[doc(hidden)]
pub struct HttpExchange<M, B> {
    shared: Arc<(Settings, M)>,
    /// Set for HTTP/1.1 and earlier, whose connections close after the response during a shutdown.
    closes: bool,
    judge: Option<Judge>,
    body: PhantomData<fn(B)>,
}

impl<M, B> HttpExchange<M, B> {
    #[inline]
    pub(crate) fn new(shared: Arc<(Settings, M)>, closes: bool, judge: Option<Judge>) -> Self {
        Self {
            shared,
            closes,
            judge,
            body: PhantomData,
        }
    }
}

impl<B, M: FlushTiming<B>> HttpExchange<M, B> {
    /// Closes the connection after the response, if the server is shutting down.
    #[inline]
    fn close(&self, response: &mut Response<M::Body>) {
        // An upgrade has its own `Connection` header.
        let closes = self.closes && response.status() != StatusCode::SWITCHING_PROTOCOLS;
        if closes && self.shared.0.is_shutting_down() {
            close(response.headers_mut());
        }
    }
}

#[cold]
fn close(headers: &mut HeaderMap) {
    headers.append(header::CONNECTION, HeaderValue::from_static("close"));
}

impl<B, M: FlushTiming<B>> Exchange for HttpExchange<M, B> {
    type Inner = Response<B>;
    type Outer = Response<M::Body>;

    #[inline]
    fn judge(&mut self, response: &mut Response<B>) -> Outcome {
        self.shared.0.judge(response, self.judge.take())
    }

    #[inline]
    fn pass(&self, response: Response<B>) -> Response<M::Body> {
        let mut response = self.shared.1.pass(response, None);
        self.close(&mut response);
        response
    }

    fn hold(&self, response: Response<B>, scope: HeldScope) -> Response<M::Body> {
        let mut response = self.shared.1.pass(response, Some(scope));
        self.close(&mut response);
        response
    }

    fn fail(&self, response: Response<B>, error: FlushError) -> Response<M::Body> {
        let mut response = self.shared.1.fail(response, error);
        self.close(&mut response);
        response
    }

    fn tasks(&self) -> &TaskTracker {
        &self.shared.0.tasks
    }
}

impl<M, B> fmt::Debug for HttpExchange<M, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpExchange").finish_non_exhaustive()
    }
}
