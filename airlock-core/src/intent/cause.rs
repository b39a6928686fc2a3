//! Causation: what led to an intent.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use uuid::Uuid;

use crate::effect::EffectDescriptor;
use crate::intent::{IntentId, Stored};

/// How many intents of a batch `Display` names; the rest it counts.
const SHOWN: usize = 8;

/// The effect that enqueued an intent while it was performed, and what caused that one in turn.
///
/// A batch effect is performed for several intents at once: then all of them are the cause.
#[derive(Clone)]
pub struct Cause {
    effect: &'static EffectDescriptor,
    intent: IntentId,
    location: &'static Location<'static>,
    /// The other intents of a batch.
    others: Box<[IntentId]>,
    /// The longest chain that led here.
    parent: Option<Arc<Cause>>,
    /// What caused the other intents of a batch.
    side: Box<[Arc<Cause>]>,
    depth: u32,
    /// Which attempt to perform it this is, from 1.
    attempt: u32,
    /// Set where a worker performs what was stored.
    stored: Option<Arc<Stored>>,
}

impl Cause {
    pub(crate) fn new(
        effect: &'static EffectDescriptor,
        intent: IntentId,
        location: &'static Location<'static>,
        parent: Option<Arc<Cause>>,
    ) -> Self {
        let depth = depth_after(parent.as_ref());
        Self {
            effect,
            intent,
            location,
            others: Box::default(),
            parent,
            side: Box::default(),
            depth,
            attempt: 1,
            stored: None,
        }
    }

    /// The same in a further attempt, of an intent that may have been stored.
    pub(crate) fn in_attempt(mut self, attempt: u32, stored: Option<Arc<Stored>>) -> Self {
        self.attempt = attempt;
        if let Some(stored) = stored {
            // Its engine counts the attempts.
            self.attempt = stored.attempt.saturating_add(attempt.saturating_sub(1));
            self.depth = self.depth.saturating_add(stored.depth);
            self.stored = Some(stored);
        }
        self
    }

    /// The same with the other intents of a batch, and what caused them.
    pub(crate) fn with_others(mut self, others: Vec<IntentId>, causes: Vec<Arc<Cause>>) -> Self {
        let mut all: Vec<_> = self.parent.take().into_iter().chain(causes).collect();
        all.sort_by_key(|cause| std::cmp::Reverse(cause.depth));
        all.dedup_by(|a, b| Arc::ptr_eq(a, b));
        let mut all = all.into_iter();
        self.parent = all.next();
        self.side = all.collect();
        self.others = others.into();
        self.depth = depth_after(self.parent.as_ref());
        self
    }

    /// This cause without what led to it.
    pub(crate) fn alone(&self) -> Self {
        Self {
            effect: self.effect,
            intent: self.intent,
            location: self.location,
            others: self.others.clone(),
            parent: None,
            side: Box::default(),
            depth: 1,
            attempt: self.attempt,
            stored: None,
        }
    }

    /// The effect that was being performed.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.effect
    }

    /// The intent that was being performed; of a batch the first one.
    pub fn intent(&self) -> IntentId {
        self.intent
    }

    /// The intents that were being performed: several for a batch effect.
    pub fn intents(&self) -> impl Iterator<Item = IntentId> + '_ {
        std::iter::once(self.intent).chain(self.others.iter().copied())
    }

    /// The id of that intent outside of this process.
    pub fn uuid(&self) -> Uuid {
        match &self.stored {
            Some(stored) => stored.id,
            None => self.intent.uuid(),
        }
    }

    /// What was stored of that intent, if a worker has decoded it.
    pub fn stored(&self) -> Option<&Stored> {
        self.stored.as_deref()
    }

    /// Which attempt to perform the effect this is, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Where that intent had been enqueued.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// The cause of the cause: `None` for one that domain code enqueued.
    pub fn parent(&self) -> Option<&Cause> {
        self.parent.as_deref()
    }

    /// How many effects are in the chain, this one included.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The chain from this cause outwards, nearest first.
    pub fn chain(&self) -> impl Iterator<Item = &Cause> {
        std::iter::successors(Some(self), |cause| cause.parent())
    }

    /// Whether `effect` is in the chain, or in that of another intent of a batch.
    pub fn includes(&self, effect: &EffectDescriptor) -> bool {
        let mut left = vec![self];
        let mut seen = std::collections::HashSet::new();
        while let Some(start) = left.pop() {
            for cause in start.chain() {
                let was_stored = cause.stored.as_ref();
                if cause.effect == effect || was_stored.is_some_and(|it| it.includes(effect)) {
                    return true;
                }
                for side in &cause.side {
                    if seen.insert(Arc::as_ptr(side)) {
                        left.push(side);
                    }
                }
            }
        }
        false
    }
}

fn depth_after(parent: Option<&Arc<Cause>>) -> u32 {
    parent.map_or(0, |cause| cause.depth).saturating_add(1)
}

/// A chain may be a hundred thousand causes long: freed one after the other, not by recursion.
impl Drop for Cause {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(cause) = next {
            next = Arc::into_inner(cause).and_then(|mut cause| cause.parent.take());
        }
    }
}

/// The chain in the order in which it happened: `shop.pay #1 -> shop.notify #4`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chain: Vec<_> = self.chain().collect();
        while let Some(cause) = chain.pop() {
            write!(f, "{} {}", cause.effect.id(), cause.intent)?;
            for other in cause.others.iter().take(SHOWN - 1) {
                write!(f, ", {other}")?;
            }
            match cause.others.len() {
                more if more >= SHOWN => write!(f, " and {} more", more - (SHOWN - 1))?,
                _ => {}
            }
            if !chain.is_empty() {
                f.write_str(" -> ")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({self})")
    }
}
