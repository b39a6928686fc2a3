//! What is known of an intent that was stored, in this process or another one.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::effect::EffectDescriptor;

/// What an engine has stored of an intent besides its arguments and options. An intent that was decoded from
/// it keeps it, so that its id and what led to it are the same wherever it is performed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// The id of the intent, see [`IntentId::uuid`](crate::IntentId::uuid).
    pub id: Uuid,
    /// The attempt to perform it that begins now, from 1.
    pub attempt: u32,
    /// The chain of effects that led to it, nearest first.
    pub causes: Vec<StoredCause>,
    /// How many effects led to it, also those that `causes` leaves out.
    pub depth: u32,
    /// `file:line:column` of its enqueue.
    pub location: String,
    /// What went with it, by name.
    pub headers: BTreeMap<String, String>,
}

/// One effect of the chain that led to a stored intent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StoredCause {
    /// The id of the effect.
    pub effect: String,
    /// The id of the intent that was performed.
    pub id: Uuid,
}

impl Stored {
    /// Starts with an id, for the first attempt.
    pub fn new(id: Uuid) -> Self {
        Self {
            id,
            attempt: 1,
            ..Self::default()
        }
    }

    /// Whether an effect is in the chain that led to the intent, under its id or an alias.
    pub(crate) fn includes(&self, effect: &EffectDescriptor) -> bool {
        let names = |name: &str| name == effect.spec.id || effect.spec.aliases.contains(&name);
        self.causes.iter().any(|cause| names(&cause.effect))
    }
}
