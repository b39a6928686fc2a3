//! Causes: the chain of effects that led to an intent.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use uuid::Uuid;

use crate::effect::EffectDescriptor;
use crate::intent::{IntentId, Stored};

/// The number of intents of a batch that `Display` names. The rest are counted.
const SHOWN: usize = 8;

/// The number of causes that `Display` shows at each end of a long chain. The rest are counted.
const SHOWN_AT_EACH_END: usize = 4;

/// The effect that enqueued an intent while it was performed, and the cause of that effect in turn.
///
/// A batch effect is performed for several intents at once. All of them are the cause then.
#[derive(Clone)]
pub struct Cause {
    effect: &'static EffectDescriptor,
    intent: IntentId,
    location: &'static Location<'static>,
    /// The other intents of a batch.
    others: Box<[IntentId]>,
    /// The cause with the longest chain.
    parent: Option<Arc<Cause>>,
    /// The other causes of a batch.
    side: Box<[Arc<Cause>]>,
    depth: u32,
    /// The number of the attempt, from 1.
    attempt: u32,
    /// The stored data of the intent, if a worker performs it. Otherwise its headers in the same form, if it has any.
    stored: Option<Arc<Stored>>,
}

impl Cause {
    /// Makes the cause of what an effect enqueues.
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

    /// Sets the attempt, and the stored data of an intent that has any.
    pub(crate) fn in_attempt(mut self, attempt: u32, stored: Option<Arc<Stored>>) -> Self {
        self.attempt = attempt;
        if let Some(stored) = stored {
            // A stored intent brings the attempts and effects that were counted elsewhere.
            self.attempt = stored.attempt.saturating_add(attempt.saturating_sub(1));
            self.depth = self.depth.saturating_add(stored.depth);
            self.stored = Some(stored);
        }
        self
    }

    /// Adds the other intents of a batch, and their causes.
    pub(crate) fn with_others(mut self, others: Vec<IntentId>, causes: Vec<Arc<Cause>>) -> Self {
        let mut all: Vec<_> = self.parent.take().into_iter().chain(causes).collect();
        // The longest chain becomes the parent, which `depth` and `chain` follow.
        all.sort_by_key(|cause| std::cmp::Reverse(cause.depth));
        all.dedup_by(|a, b| Arc::ptr_eq(a, b));
        let mut all = all.into_iter();
        self.parent = all.next();
        self.side = all.collect();
        self.others = others.into();
        self.depth = depth_after(self.parent.as_ref());
        self
    }

    /// Copies this cause without its own causes.
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

    /// Returns the effect that was being performed.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.effect
    }

    /// Returns the intent that was being performed. For a batch, the first one.
    pub fn intent(&self) -> IntentId {
        self.intent
    }

    /// Returns the intents that were being performed: several for a batch effect.
    pub fn intents(&self) -> impl Iterator<Item = IntentId> + '_ {
        std::iter::once(self.intent).chain(self.others.iter().copied())
    }

    /// Returns the id of the performed intent for use outside of this process.
    pub fn uuid(&self) -> Uuid {
        match &self.stored {
            Some(stored) => stored.id,
            None => self.intent.uuid(),
        }
    }

    /// Returns the stored data of the performed intent, if a worker has decoded it. For an intent that was not stored
    /// but has headers, the data contains only its id and these.
    pub fn stored(&self) -> Option<&Stored> {
        self.stored.as_deref()
    }

    /// Returns the number of the attempt, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the location at which the performed intent was enqueued.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// Returns the cause of the performed intent, or `None` if domain code enqueued it.
    pub fn parent(&self) -> Option<&Cause> {
        self.parent.as_deref()
    }

    /// Returns the number of effects in the chain, including this one and those of a stored intent.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Returns the chain, starting with this cause.
    pub fn chain(&self) -> impl Iterator<Item = &Cause> {
        std::iter::successors(Some(self), |cause| cause.parent())
    }

    /// Returns whether `effect` is in the chain, or in that of another intent of a batch.
    pub fn includes(&self, effect: &EffectDescriptor) -> bool {
        // An explicit stack: side chains may be long. They may also meet, so each is searched once.
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

/// Frees a chain in a loop: it may be a hundred thousand causes long, and recursion would overflow the stack.
impl Drop for Cause {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(cause) = next {
            next = Arc::into_inner(cause).and_then(|mut cause| cause.parent.take());
        }
    }
}

/// Shows the chain in chronological order: `shop.pay #1 -> shop.notify #4`. The middle of a long chain is counted.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chain: Vec<_> = self.chain().collect();
        let all = chain.len();
        // One cause takes no more room than its count.
        let elided = all.saturating_sub(2 * SHOWN_AT_EACH_END);
        while let Some(cause) = chain.pop() {
            if elided > 1 && chain.len() + SHOWN_AT_EACH_END + 1 == all {
                chain.truncate(SHOWN_AT_EACH_END);
                write!(f, "\u{2026} {elided} more \u{2026} -> ")?;
                continue;
            }
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
