//! A small shop: orders, payments and stock in `SQLite`.
//!
//! The domain knows airlock and no web framework. Its methods change state and [enqueue](airlock::enqueue)
//! what follows from that; whether, when and how that happens is decided by whoever opens the scope:
//! the servers `shop-axum` and `shop-actix`, or a test. What both servers share besides is the
//! [`page`], the form of an error ([`Problem`]) and the [`settings`].

pub mod effects;
mod error;
mod import;
mod item;
mod journal;
mod notices;
mod order;
mod outside;
pub mod page;
mod parked;
mod partners;
mod problem;
pub mod settings;
mod shop;
mod store;

pub use self::error::ShopError;
pub use self::import::import_orders;
pub use self::item::Item;
pub use self::journal::{Journal, JournalEntry, JournalReport};
pub use self::notices::{Form, Notice, Notices};
pub use self::order::{NewOrder, Order, Placed, Status};
pub use self::outside::{Outside, Sent};
pub use self::parked::Parked;
pub use self::partners::{Bank, Mail, Mailer, Partners, SearchIndex, Unreachable, Warehouse};
pub use self::problem::Problem;
pub use self::shop::{Shop, StartError};
pub use self::store::Store;
