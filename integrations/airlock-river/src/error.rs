//! What can be wrong when River is set up.

use airlock_core::CatalogueError;
use airlock_durable::SealError;

/// Why a [`River`](crate::River) could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The catalogue is not sound.
    #[error("the catalogue of effects is not sound")]
    Catalogue(#[from] CatalogueError),
    /// A durable effect redacts arguments, and there are no keys.
    #[error(transparent)]
    Redacted(#[from] SealError),
    /// The key of a durable effect shows an argument that it redacts.
    #[error(
        "the key of the durable effect `{effect}` is made of an argument that it redacts, and keys are stored in the clear: make the key of something else"
    )]
    RedactedKey {
        /// The effect's id.
        effect: &'static str,
    },
    /// The id of a durable effect is too long.
    #[error(
        "the id of the durable effect `{effect}` is longer than 127 bytes, which River cannot hold: give it a shorter `name`"
    )]
    LongId {
        /// The effect's id.
        effect: &'static str,
    },
}

/// Why a worker could not start, or has stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// What River said.
    #[error("River's client failed")]
    River(#[from] riverqueue::Error),
}
