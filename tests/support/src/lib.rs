//! Fixtures that the tests of several packages share.

mod log;
mod problems;

pub use self::log::Log;
pub use self::problems::{errors_of, listen, problems_of, problems_of_async};
