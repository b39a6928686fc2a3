//! The checks that both servers of the shop must pass: [one table of requests](table), [the lines of the
//! README](readme), [the page in a browser](page), [a shutdown](shutdown), [a shop that is killed](killed), [one
//! whose NATS is down](away), and [a pool of workers](pool). Tests call these functions, which panic if a check
//! fails.

#![allow(
    clippy::missing_panics_doc,
    reason = "tests call it, and a panic is its answer"
)]

pub mod away;
mod browser;
mod call;
mod count;
mod database;
mod http;
mod installed;
pub mod killed;
pub mod page;
pub mod pool;
pub mod process;
pub mod readme;
pub mod shutdown;
mod slow;
pub mod table;
mod wait;
mod worker;

pub use self::call::{Answer, Call, Client};
pub use self::database::TemporaryFile;
