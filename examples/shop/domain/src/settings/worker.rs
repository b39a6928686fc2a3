//! The settings of a worker.

use std::fmt;

use super::key;

/// The settings of a worker.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkerSettings {
    /// The URL of NATS. Several servers are separated by commas.
    pub nats: String,
    /// The key that opens the arguments that the shops have sealed.
    pub key: [u8; 32],
}

/// Omits the key, and the URL, which may contain a password.
impl fmt::Debug for WorkerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerSettings").finish_non_exhaustive()
    }
}

impl WorkerSettings {
    /// Reads the argument `--nats URL`, with the variable `SHOP_NATS` as default, and `SHOP_KEY`, as servers do.
    ///
    /// # Errors
    ///
    /// Returns a message that names the missing or invalid setting and the reason.
    pub fn read() -> Result<Self, String> {
        Self::from_arguments(std::env::args().skip(1), |name| std::env::var(name).ok())
    }

    pub(super) fn from_arguments(
        mut arguments: impl Iterator<Item = String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut nats = variable("SHOP_NATS");
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--nats" => nats = Some(arguments.next().ok_or("`--nats` needs a URL")?),
                _ => return Err(format!("`{argument}` is not an argument of the worker")),
            }
        }
        Ok(Self {
            nats: nats
                .ok_or("where is NATS? `--nats URL` tells it, or the variable `SHOP_NATS`")?,
            key: key(variable)?,
        })
    }
}
