//! A transaction for each request on actix-web.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use airlock_core::lifecycle::Outcome;
use airlock_http::{PROBLEM_BODY, PROBLEM_TYPE};

use crate::request::{Request, Slot, log};
use crate::{NoStore, Store, TransactionDatabase, TransactionError, Transactions, Tx};

/// A middleware that runs each request in a transaction and a scope. The transaction is committed before a successful
/// response is sent, and rolled back otherwise. It begins when a handler first extracts a [`Tx`].
///
/// If the commit fails, the response is a 500 with a body of `application/problem+json`.
pub struct TransactionMiddleware<DB: TransactionDatabase, S = NoStore> {
    transactions: Transactions<DB, S>,
}

impl<DB: TransactionDatabase, S: Store<DB>> TransactionMiddleware<DB, S> {
    /// Creates a middleware that opens these transactions.
    pub fn new(transactions: Transactions<DB, S>) -> Self {
        Self { transactions }
    }
}

// Not derived, because a database need not be `Clone`.
impl<DB: TransactionDatabase, S: Clone> Clone for TransactionMiddleware<DB, S> {
    fn clone(&self) -> Self {
        Self {
            transactions: self.transactions.clone(),
        }
    }
}

impl<DB: TransactionDatabase, S> fmt::Debug for TransactionMiddleware<DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionMiddleware")
            .finish_non_exhaustive()
    }
}

impl<I, B, DB, S> Transform<I, ServiceRequest> for TransactionMiddleware<DB, S>
where
    I: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
    DB: TransactionDatabase,
    S: Store<DB>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = TransactionService<I, DB, S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: I) -> Self::Future {
        ready(Ok(TransactionService {
            inner: Rc::new(inner),
            transactions: self.transactions.clone(),
        }))
    }
}

/// The service of a [`TransactionMiddleware`].
pub struct TransactionService<I, DB: TransactionDatabase, S> {
    inner: Rc<I>,
    transactions: Transactions<DB, S>,
}

impl<I, DB: TransactionDatabase, S> fmt::Debug for TransactionService<I, DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionService").finish_non_exhaustive()
    }
}

impl<I, B, DB, S> Service<ServiceRequest> for TransactionService<I, DB, S>
where
    I: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
    DB: TransactionDatabase,
    S: Store<DB>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (opened, scope) = Request::open(&self.transactions);
        request.extensions_mut().insert(opened.slot());
        let inner = self.inner.clone();
        Box::pin(async move {
            let (ended, scope) = scope.work(|| inner.call(request)).await;
            match opened.end(ended, scope, outcome_of).await {
                Ok(response) => response,
                Err(error) => Err(problem(error)),
            }
        })
    }
}

fn outcome_of<B>(response: &Result<ServiceResponse<B>, Error>) -> Outcome {
    match response {
        Ok(response) => airlock_http::outcome_of(response.status().as_u16()),
        Err(_) => Outcome::Failure,
    }
}

/// The error that a client receives when a transaction failed.
#[derive(Debug)]
struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transaction of the request failed")
    }
}

impl ResponseError for Failed {
    fn status_code(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::InternalServerError()
            .content_type(PROBLEM_TYPE)
            .body(PROBLEM_BODY)
    }
}

fn problem(error: TransactionError) -> Error {
    log(error);
    Failed.into()
}

impl<DB: TransactionDatabase> FromRequest for Tx<DB> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let slot = request.extensions().get::<Slot<DB>>().cloned();
        Box::pin(async move {
            let Some(slot) = slot else {
                tracing::error!(
                    target: "airlock",
                    "a handler takes a transaction, and its route is not within a `TransactionMiddleware` of that database",
                );
                return Err(Failed.into());
            };
            let begun = slot.begin().await;
            begun.map_err(|error| problem(TransactionError::Begin(error)))
        })
    }
}
