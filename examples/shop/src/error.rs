//! What can go wrong in the shop.

use airlock::nats::async_nats::ConnectError;
use airlock::river::{TransactionError, WorkerError, riverqueue};
use airlock::{BuildError, FlushError, nats};

use crate::order::Status;
use crate::partners::Unreachable;

/// Why the shop did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// There is no such order.
    #[error("there is no order {0}")]
    NoSuchOrder(String),
    /// There is no such item.
    #[error("there is no item {0}")]
    NoSuchItem(String),
    /// There are too few.
    #[error("out of stock: only {left} left of {sku}")]
    OutOfStock {
        /// The item.
        sku: String,
        /// How many there are.
        left: i64,
    },
    /// The order is elsewhere on its way.
    #[error("order {order} is {is}, and would have to be {needs}")]
    WrongStatus {
        /// The order.
        order: i64,
        /// How far it is.
        is: Status,
        /// How far it would have to be.
        needs: Status,
    },
    /// The key of the request was that of another order.
    #[error("the idempotency key was used for order {0}, which is another one")]
    KeyUsed(i64),
    /// Another request with the same key runs at the same time.
    #[error("another request has the same idempotency key")]
    KeyInUse,
    /// The bank refuses the card.
    #[error("payment refused for order {0}")]
    PaymentRefused(i64),
    /// What was typed makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The mails do not leave from this server.
    #[error("the mails leave from the workers, and not through this mail server")]
    NoMailServer,
    /// A partner whose answer is needed does not answer.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// What followed from it could not be dispatched.
    #[error("what followed from it could not be dispatched")]
    Effects(#[from] FlushError),
    /// The transaction has failed, or it is not known how it has ended.
    #[error("the transaction has failed")]
    Transaction(#[from] TransactionError),
    /// The database has failed.
    #[error("the database has failed")]
    Database(#[from] sqlx::Error),
    /// The table of jobs could not be read.
    #[error("the jobs could not be read")]
    Jobs(#[from] riverqueue::Error),
}

/// Why a shop could not open.
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
    /// An effect lacks a resource, or the catalogue is not sound.
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
