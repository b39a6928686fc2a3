//! Causation: what led to an intent.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::catalogue::EffectDescriptor;
use crate::intent::IntentId;

/// The effect that enqueued an intent while it was performed, and what caused that one in turn.
#[derive(Clone)]
pub struct Cause {
    effect: &'static EffectDescriptor,
    intent: IntentId,
    location: &'static Location<'static>,
    parent: Option<Arc<Cause>>,
    depth: u32,
}

impl Cause {
    pub(crate) fn new(
        effect: &'static EffectDescriptor,
        intent: IntentId,
        location: &'static Location<'static>,
        parent: Option<Arc<Cause>>,
    ) -> Self {
        let depth = parent.as_ref().map_or(0, |cause| cause.depth) + 1;
        Self {
            effect,
            intent,
            location,
            parent,
            depth,
        }
    }

    /// The effect that was being performed.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.effect
    }

    /// The intent that was being performed.
    pub fn intent(&self) -> IntentId {
        self.intent
    }

    /// Where that intent had been enqueued.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// What caused the cause: `None` for one that domain code enqueued.
    pub fn parent(&self) -> Option<&Cause> {
        self.parent.as_deref()
    }

    /// How many effects stand in the chain, this one included.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The chain from this cause outwards, nearest first.
    pub fn chain(&self) -> impl Iterator<Item = &Cause> {
        std::iter::successors(Some(self), |cause| cause.parent())
    }

    /// Whether `effect` stands in the chain.
    pub fn includes(&self, effect: &EffectDescriptor) -> bool {
        self.chain().any(|cause| cause.effect == effect)
    }
}

/// The chain in the order in which it happened: `shop.pay #1 -> shop.notify #4`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = &self.parent {
            write!(f, "{parent} -> ")?;
        }
        write!(f, "{} {}", self.effect.id(), self.intent)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({self})")
    }
}
