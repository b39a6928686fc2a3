//! Stage 5: keeps one intent of each key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::effect::{Coalesce, EffectDescriptor, Key, Keyed};
use crate::executor::FailureMode;
use crate::flush::judge::{Judged, Leaving};
use crate::intent::{Decision, Failure, Intent, IntentId};
use crate::unwind::{Panicked, catch};

/// Intents among which each key occurs once.
pub(super) struct Coalesced<'a>(pub(super) Leaving<'a>);

/// The kept intents of each effect. There are few effects, so a linear search finds them.
#[derive(Default)]
struct Kept {
    by_effect: Vec<(&'static EffectDescriptor, ByKey)>,
    /// The index of the effect that was looked up last. Neighbours mostly have the same.
    last: usize,
    /// `true` if this pass, which keeps the last intent of each key, skipped an effect that keeps the first.
    passed_over: bool,
}

/// The kept intents of one effect. Most keys are ids, so numbers have a separate map, in which they are hashed and
/// compared as one word.
#[derive(Default)]
struct ByKey {
    // SipHash took a third of the time of a flush of keyed intents.
    numbers: HashMap<u64, IntentId, foldhash::fast::RandomState>,
    others: HashMap<Key, IntentId>,
}

impl ByKey {
    /// Returns the intent that is kept for this key. If there is none, keeps this one and returns `None`.
    fn keep(&mut self, key: Keyed, intent: IntentId) -> Option<IntentId> {
        match key {
            Keyed::None => None,
            Keyed::Number(number) => kept_or_new(self.numbers.entry(number), intent),
            Keyed::Other(key) => kept_or_new(self.others.entry(key), intent),
        }
    }
}

/// Looks up an entry, or inserts the intent.
fn kept_or_new<K>(entry: Entry<'_, K, IntentId>, intent: IntentId) -> Option<IntentId> {
    match entry {
        Entry::Occupied(kept) => Some(*kept.get()),
        Entry::Vacant(vacant) => {
            vacant.insert(intent);
            None
        }
    }
}

/// Coalesces the intents that the policies have let pass. Runs after them, so that no policy can drop the intent
/// that is kept for others.
pub(super) fn coalesce(Judged(mut leaving): Judged<'_>) -> Coalesced<'_> {
    if !leaving.special.is_nothing() && !leaving.stopped {
        let mut kept = Kept::default();
        // Most effects keep the last intent, so that one pass is enough for them.
        let last_to_first = leaving.intents.iter_mut().rev();
        let mut panicked = kept.keep_of(last_to_first, Coalesce::Last);
        if kept.passed_over {
            panicked |= kept.keep_of(leaving.intents.iter_mut(), Coalesce::First);
        }
        leaving.stopped |= panicked && leaving.mode == FailureMode::Stop;
    }
    Coalesced(leaving)
}

/// Returns whether an intent may leave and has a key.
fn has_key(intent: &Intent) -> bool {
    let data = &intent.info;
    (data.effect.spec.key.is_some() || data.has_own_key()) && data.is_pending()
}

impl Kept {
    /// Returns the kept intents of an effect.
    #[inline]
    fn of(&mut self, effect: &'static EffectDescriptor) -> &mut ByKey {
        let last = self.by_effect.get(self.last);
        // Addresses only: descriptors with different addresses may still be equal, which `find` checks.
        if !last.is_some_and(|(last, _)| std::ptr::eq(*last, effect)) {
            self.last = self.find(effect);
        }
        &mut self.by_effect[self.last].1
    }

    /// Finds the index of an effect, or adds the effect.
    #[cold]
    fn find(&mut self, effect: &'static EffectDescriptor) -> usize {
        let mut known = self.by_effect.iter();
        let index = known.position(|(known, _)| *known == effect);
        index.unwrap_or_else(|| {
            self.by_effect.push((effect, ByKey::default()));
            self.by_effect.len() - 1
        })
    }

    /// Makes one pass over the effects with this `coalesce` setting. Keeps the first intent of each key, in the
    /// order of the iterator, and coalesces the others into it. Returns whether a `key` expression panicked. The
    /// intent of such an expression fails.
    fn keep_of<'i>(
        &mut self,
        mut intents: impl Iterator<Item = &'i mut Intent>,
        coalesce: Coalesce,
    ) -> bool {
        let mut panicked = false;
        let mut asked: Option<&mut Intent> = None;
        // One `catch` around the loop, since key expressions rarely panic. After a panic the loop continues with the
        // next intent.
        while let Err(Panicked { message }) = catch(|| {
            for intent in intents.by_ref() {
                if !has_key(intent) {
                    continue;
                }
                if intent.effect().coalesce() != coalesce {
                    self.passed_over = true;
                    continue;
                }
                self.keep(asked.insert(intent));
            }
        }) {
            panicked = true;
            if let Some(intent) = asked.take() {
                let failure = Failure::KeyPanicked { message };
                intent.info.decide(Decision::Failed(Arc::new(failure)));
            }
        }
        panicked
    }

    /// Keeps an intent, or coalesces it into the kept one.
    #[inline]
    fn keep(&mut self, intent: &mut Intent) {
        let key = intent.info.keyed(Some(&intent.payload));
        if let Some(kept) = self.of(intent.effect()).keep(key, intent.id()) {
            intent.info.set_coalesced(kept);
        }
    }
}
