//! Private servers for tests and benchmarks.
//!
//! Each runs on a free port of this machine, in a temporary folder, and ends with the process that started it, also if
//! that is killed.

mod install;
mod nats;
mod postgres;
mod process;
mod user;

pub use self::nats::Nats;
pub use self::postgres::Postgres;
