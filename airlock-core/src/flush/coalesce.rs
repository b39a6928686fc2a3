//! Stage 5: keeping one intent of each key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::effect::{Coalesce, EffectDescriptor, Key, Keyed};
use crate::executor::FailureMode;
use crate::flush::judge::{Judged, Leaving};
use crate::intent::{Decision, Failure, Intent, IntentId};
use crate::unwind::{Panicked, catch};

/// Intents of which each key is left once.
pub(super) struct Coalesced<'a>(pub(super) Leaving<'a>);

/// The kept intents of each effect. There are few effects, so they are searched in a row.
#[derive(Default)]
struct Kept {
    by_effect: Vec<(&'static EffectDescriptor, ByKey)>,
    /// The effect that was looked for last: most are the same.
    last: usize,
    /// Whether an effect was passed over because it coalesce the first of each key, and this pass the last.
    passed_over: bool,
}

/// The kept intents of one effect. Keys are mostly ids, so that numbers have a map of their own: they are
/// hashed and compared as one word.
#[derive(Default)]
struct ByKey {
    // SipHash took a third of the time of a flush of keyed intents.
    numbers: HashMap<u64, IntentId, foldhash::fast::RandomState>,
    others: HashMap<Key, IntentId>,
}

impl ByKey {
    /// The intent that is kept already, or none: then it is this one.
    fn keep(&mut self, key: Keyed, intent: IntentId) -> Option<IntentId> {
        match key {
            Keyed::None => None,
            Keyed::Number(number) => kept_or_new(self.numbers.entry(number), intent),
            Keyed::Other(key) => kept_or_new(self.others.entry(key), intent),
        }
    }
}

fn kept_or_new<K>(entry: Entry<'_, K, IntentId>, intent: IntentId) -> Option<IntentId> {
    match entry {
        Entry::Occupied(kept) => Some(*kept.get()),
        Entry::Vacant(vacant) => {
            vacant.insert(intent);
            None
        }
    }
}

/// Works among what the policies have let pass, so that none of them can drop the one that is kept.
pub(super) fn coalesce(Judged(mut leaving): Judged<'_>) -> Coalesced<'_> {
    if !leaving.special.is_nothing() && !leaving.stopped {
        let mut kept = Kept::default();
        let last_to_first = leaving.intents.iter_mut().rev();
        let mut panicked = kept.keep_of(last_to_first, Coalesce::Last);
        if kept.passed_over {
            panicked |= kept.keep_of(leaving.intents.iter_mut(), Coalesce::First);
        }
        leaving.stopped |= panicked && leaving.mode == FailureMode::Stop;
    }
    Coalesced(leaving)
}

fn has_key(intent: &Intent) -> bool {
    let data = &intent.data;
    (data.effect.spec.key.is_some() || data.has_own_key()) && data.is_pending()
}

impl Kept {
    #[inline]
    fn of(&mut self, effect: &'static EffectDescriptor) -> &mut ByKey {
        let last = self.by_effect.get(self.last);
        if !last.is_some_and(|(last, _)| std::ptr::eq(*last, effect)) {
            self.last = self.find(effect);
        }
        &mut self.by_effect[self.last].1
    }

    #[cold]
    fn find(&mut self, effect: &'static EffectDescriptor) -> usize {
        let mut known = self.by_effect.iter();
        let index = known.position(|(known, _)| *known == effect);
        index.unwrap_or_else(|| {
            self.by_effect.push((effect, ByKey::default()));
            self.by_effect.len() - 1
        })
    }

    /// One pass over the effects that keep `coalesce`: the first intent of each key, in the order of the
    /// iterator, stays, and the others are coalesced into it. Returns whether the expression of a `key`
    /// has panicked; its intent has failed then.
    fn keep_of<'i>(
        &mut self,
        mut intents: impl Iterator<Item = &'i mut Intent>,
        coalesce: Coalesce,
    ) -> bool {
        let mut panicked = false;
        let mut asked: Option<&mut Intent> = None;
        // Caught once for all of them, since few ever panic.
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
                let message = format!("its key: {message}");
                let failure = Failure::Panicked { message };
                intent.data.decide(Decision::Failed(Arc::new(failure)));
            }
        }
        panicked
    }

    #[inline]
    fn keep(&mut self, intent: &mut Intent) {
        let key = intent.data.keyed(Some(&intent.payload));
        if let Some(kept) = self.of(intent.effect()).keep(key, intent.id()) {
            intent.data.set_coalesced(kept);
        }
    }
}
