//! Checks at the set-up of an engine, so that no durable effect is rejected later.

use airlock_core::{Catalogue, CatalogueError};

use crate::seal::{Keys, SealError, first_redacted};
use crate::{Capabilities, queue_fits};

/// Why an engine cannot store the durable effects of this program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The catalogue is invalid.
    #[error("the catalogue of effects is invalid")]
    Catalogue(#[from] CatalogueError),
    /// A durable effect redacts arguments, and there are no keys.
    #[error(transparent)]
    Redacted(#[from] SealError),
    /// The key of a durable effect contains an argument that the effect redacts.
    #[error(
        "the key of the durable effect `{effect}` contains an argument that it redacts, and keys are stored in plain text: use other arguments for the key"
    )]
    RedactedKey {
        /// The effect's id.
        effect: &'static str,
    },
    /// The id of a durable effect is too long.
    #[error(
        "the id of the durable effect `{effect}` is longer than {limit} bytes, which {engine} cannot hold: give it a shorter `name`"
    )]
    LongId {
        /// The effect's id.
        effect: &'static str,
        /// The engine's name.
        engine: &'static str,
        /// The maximum length of an id, in bytes.
        limit: usize,
    },
    /// A setting names a durable effect that does not exist.
    #[error("there is no durable effect `{id}`: `cargo airlock list` shows all")]
    NoSuchEffect {
        /// The id.
        id: String,
    },
    /// A durable effect declares a queue that the engine does not support.
    #[error("the durable effect `{effect}` declares an unsupported queue: {reason}")]
    Queue {
        /// The effect's id.
        effect: &'static str,
        /// The reason.
        reason: String,
    },
}

/// Checks that an engine can store every durable effect of the program.
///
/// # Errors
///
/// Returns a [`BuildError`] if the catalogue is invalid, or else for the first effect that the engine cannot store.
pub fn check_effects(capabilities: &Capabilities, keys: Option<&Keys>) -> Result<(), BuildError> {
    let catalogue = Catalogue::global()?;
    for effect in catalogue.effects().iter().filter(|it| it.is_durable()) {
        if let (None, Some(argument)) = (keys, first_redacted(effect)) {
            let (effect, argument) = (effect.id().to_owned(), argument.name());
            return Err(SealError::NoKeys { effect, argument }.into());
        }
        let id = effect.id();
        if effect.has_redacted_key() {
            return Err(BuildError::RedactedKey { effect: id });
        }
        if id.len() > capabilities.max_id_bytes {
            return Err(BuildError::LongId {
                effect: id,
                engine: capabilities.engine,
                limit: capabilities.max_id_bytes,
            });
        }
        if let Some(queue) = effect.queue() {
            queue_fits(capabilities, queue)
                .map_err(|reason| BuildError::Queue { effect: id, reason })?;
        }
    }
    Ok(())
}
