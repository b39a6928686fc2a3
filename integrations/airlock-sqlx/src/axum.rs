//! A transaction for each request on axum.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use airlock_core::lifecycle::Outcome;
use airlock_http::{PROBLEM_BODY, PROBLEM_TYPE};
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request as HttpRequest, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::request::{Request, Slot, log};
use crate::{NoStore, Store, TransactionDatabase, TransactionError, Transactions, Tx};

/// A layer that runs each request in a transaction and a scope. The transaction is committed before a successful
/// response is sent, and rolled back otherwise. It begins when a handler first extracts a [`Tx`].
///
/// If the commit fails, the response is a 500 with a body of `application/problem+json`.
pub struct TransactionLayer<DB: TransactionDatabase, S = NoStore> {
    transactions: Transactions<DB, S>,
}

impl<DB: TransactionDatabase, S: Store<DB>> TransactionLayer<DB, S> {
    /// Creates a layer that opens these transactions.
    pub fn new(transactions: Transactions<DB, S>) -> Self {
        Self { transactions }
    }
}

// Not derived, because a database need not be `Clone`.
impl<DB: TransactionDatabase, S: Clone> Clone for TransactionLayer<DB, S> {
    fn clone(&self) -> Self {
        Self {
            transactions: self.transactions.clone(),
        }
    }
}

impl<I, DB: TransactionDatabase, S: Store<DB>> Layer<I> for TransactionLayer<DB, S> {
    type Service = TransactionService<I, DB, S>;

    fn layer(&self, inner: I) -> Self::Service {
        TransactionService {
            inner,
            transactions: self.transactions.clone(),
        }
    }
}

impl<DB: TransactionDatabase, S> fmt::Debug for TransactionLayer<DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionLayer").finish_non_exhaustive()
    }
}

/// The service of a [`TransactionLayer`].
pub struct TransactionService<I, DB: TransactionDatabase, S> {
    inner: I,
    transactions: Transactions<DB, S>,
}

impl<I: Clone, DB: TransactionDatabase, S: Clone> Clone for TransactionService<I, DB, S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            transactions: self.transactions.clone(),
        }
    }
}

impl<I, DB: TransactionDatabase, S> fmt::Debug for TransactionService<I, DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionService").finish_non_exhaustive()
    }
}

impl<I, B, DB, S> Service<HttpRequest<B>> for TransactionService<I, DB, S>
where
    I: Service<HttpRequest<B>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    I::Future: Send,
    B: Send + 'static,
    DB: TransactionDatabase,
    S: Store<DB>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> Self::Future {
        // The service that is ready handles this request, and its clone handles the next.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let (opened, scope) = Request::open(&self.transactions);
        request.extensions_mut().insert(opened.slot());
        Box::pin(async move {
            let (ended, scope) = scope.work(|| inner.call(request)).await;
            let ended = opened.end(ended, scope, outcome_of);
            match ended.await {
                Ok(response) => response,
                Err(error) => Ok(problem(error)),
            }
        })
    }
}

fn outcome_of(response: &Result<Response, Infallible>) -> Outcome {
    match response {
        Ok(response) => airlock_http::outcome_of(response.status().as_u16()),
        Err(never) => match *never {},
    }
}

/// Returns the response to a failed transaction. The error is only logged.
fn problem(error: TransactionError) -> Response {
    log(error);
    let mut response = Response::new(Body::from(PROBLEM_BODY));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let kind = HeaderValue::from_static(PROBLEM_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

impl<DB: TransactionDatabase, T: Sync> FromRequestParts<T> for Tx<DB> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Response> {
        let Some(slot) = parts.extensions.get::<Slot<DB>>().cloned() else {
            tracing::error!(
                target: "airlock",
                "a handler takes a transaction, and its route is not within a `TransactionLayer` of that database",
            );
            return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        };
        match slot.begin().await {
            Ok(transaction) => Ok(transaction),
            Err(error) => Err(problem(TransactionError::Begin(error))),
        }
    }
}
