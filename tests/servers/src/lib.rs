//! Private servers for tests and benchmarks.
//!
//! Each server runs on a free port of this machine, in a temporary folder. It ends with the process that started it,
//! even if that is killed.

mod install;
mod nats;
mod postgres;
mod process;
mod user;

pub use self::nats::Nats;
pub use self::postgres::Postgres;
