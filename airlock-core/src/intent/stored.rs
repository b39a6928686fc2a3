//! The stored data of an intent that this or another process has stored.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::effect::EffectDescriptor;

/// The data that an engine stores of an intent, besides its arguments and options. A decoded intent keeps it, so
/// that its id and causes are the same wherever it is performed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// The id of the intent; see [`IntentId::uuid`](crate::IntentId::uuid).
    pub id: Uuid,
    /// The number of the attempt that begins now, from 1.
    pub attempt: u32,
    /// The chain of effects that led to it, nearest first.
    pub causes: Vec<StoredCause>,
    /// The number of effects that led to it, including those that `causes` leaves out.
    pub depth: u32,
    /// `file:line:column` of its enqueue.
    pub location: String,
    /// Its headers, by name.
    pub headers: BTreeMap<String, String>,
}

/// One effect of the chain that led to a stored intent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StoredCause {
    /// The id of the effect.
    pub effect: String,
    /// The id of its intent.
    pub id: Uuid,
}

impl Stored {
    /// Makes the data for the first attempt of an intent.
    pub fn new(id: Uuid) -> Self {
        Self {
            id,
            attempt: 1,
            ..Self::default()
        }
    }

    /// Returns whether an effect is in the chain that led to the intent, by its id or an alias.
    pub(crate) fn includes(&self, effect: &EffectDescriptor) -> bool {
        let names = |name: &str| name == effect.spec.id || effect.spec.aliases.contains(&name);
        self.causes.iter().any(|cause| names(&cause.effect))
    }
}
