//! The errors of the shop.

use airlock::nats::async_nats::ConnectError;
use airlock::river::{TransactionError, WorkerError, riverqueue};
use airlock::{BuildError, FlushError, nats};

use crate::order::Status;
use crate::partners::Unreachable;

/// An error of an operation of the shop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// There is no such order.
    #[error("there is no order {0}")]
    NoSuchOrder(String),
    /// There is no such item.
    #[error("there is no item {0}")]
    NoSuchItem(String),
    /// The stock is too low for the order.
    #[error("out of stock: only {left} left of {sku}")]
    OutOfStock {
        /// The item.
        sku: String,
        /// The number of pieces in stock.
        left: i64,
    },
    /// The order has a status in which the operation is not possible.
    #[error("order {order} is {is}, and would have to be {needs}")]
    WrongStatus {
        /// The order.
        order: i64,
        /// Its status.
        is: Status,
        /// The status that the operation needs.
        needs: Status,
    },
    /// The key of the request was already used for a different order.
    #[error("the idempotency key was used for order {0}, which is another one")]
    KeyUsed(i64),
    /// Another request with the same key runs concurrently.
    #[error("another request has the same idempotency key")]
    KeyInUse,
    /// The bank refuses the card.
    #[error("payment refused for order {0}")]
    PaymentRefused(i64),
    /// The input is invalid.
    #[error("{0}")]
    Invalid(String),
    /// The shop forwards its mails, so it has no mail server.
    #[error("the mails leave from the workers, and not through this mail server")]
    NoMailServer,
    /// A partner whose answer is needed cannot be reached.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The effects of the operation could not be dispatched.
    #[error("what followed from it could not be dispatched")]
    Effects(#[from] FlushError),
    /// The transaction has failed, or its outcome is unknown.
    #[error("the transaction has failed")]
    Transaction(#[from] TransactionError),
    /// The database has failed.
    #[error("the database has failed")]
    Database(#[from] sqlx::Error),
    /// The table of jobs could not be read.
    #[error("the jobs could not be read")]
    Jobs(#[from] riverqueue::Error),
}

/// An error when a shop or a worker starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database could not be opened.
    #[error("the database could not be opened")]
    Database(#[from] sqlx::Error),
    /// The tables of jobs could not be created.
    #[error("the tables of jobs could not be created")]
    Tables(#[from] riverqueue::migrate::Error),
    /// The durable effects cannot be stored.
    #[error("the durable effects cannot be stored")]
    River(#[from] airlock::river::BuildError),
    /// An effect lacks a resource, or the catalogue is invalid.
    #[error("the effects are not as they should be")]
    Effects(#[from] BuildError),
    /// The worker could not start.
    #[error("the worker could not start")]
    Worker(#[from] WorkerError),
    /// NATS could not be reached.
    #[error("NATS could not be reached")]
    Connect(#[from] ConnectError),
    /// The durable effects cannot be forwarded.
    #[error("the durable effects cannot be forwarded")]
    Nats(#[from] nats::BuildError),
    /// The stream could not be created, or the worker that pulls from it could not start.
    #[error("the worker of the stream could not start")]
    Stream(#[from] nats::WorkerError),
}
