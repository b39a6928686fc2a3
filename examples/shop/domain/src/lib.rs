//! A small shop: orders, payments and stock in SQLite or PostgreSQL.
//!
//! The domain depends on airlock but on no web framework. Its methods change state and [enqueue](airlock::enqueue)
//! the effects of the change. The shop stores durable effects in the transaction that changes the state. A worker in
//! the same process performs them; or the shop forwards them to NATS JetStream, and [workers](start_worker) in other
//! processes perform them. The servers `shop-axum` and `shop-actix` open the scopes of requests. They share the
//! [`page`], the representation of errors ([`Problem`]) and the [`settings`].

pub mod effects;
mod error;
mod import;
mod item;
mod jetstream;
mod jobs;
mod journal;
mod notices;
mod order;
mod outside;
pub mod page;
mod partners;
mod problem;
pub mod settings;
mod shop;
mod store;

pub use self::error::{ShopError, StartError};
pub use self::import::import_orders;
pub use self::item::Item;
pub use self::jetstream::start_worker;
pub use self::jobs::{Job, JobQuery, Progress, Wait};
pub use self::journal::{Journal, JournalEntry, JournalReport};
pub use self::notices::{Form, Notice, Notices};
pub use self::order::{NewOrder, Order, Placed, Status};
pub use self::outside::{Outside, Sent};
pub use self::partners::{Bank, Mail, Mailer, Partners, SearchIndex, Unreachable, Warehouse};
pub use self::problem::Problem;
pub use self::shop::Shop;
pub use self::store::Store;
