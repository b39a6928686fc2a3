//! Stage 5: keeping one intent of each key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::effect::{EffectDescriptor, Keeps, Key, Keyed};
use crate::executor::FailureMode;
use crate::flush::judge::{Judged, Leaving};
use crate::intent::{Decision, Failure, Intent, IntentId};
use crate::unwind::catch;

/// Intents of which each key is left once.
pub(super) struct Coalesced<'a>(pub(super) Leaving<'a>);

/// The kept intents of each effect. There are few effects, so they are searched in a row.
#[derive(Default)]
struct Kept(Vec<(&'static EffectDescriptor, ByKey)>);

/// The kept intents of one effect. Keys are mostly ids, so that numbers have a map of their own: they are
/// hashed and compared as one word.
#[derive(Default)]
struct ByKey {
    numbers: HashMap<u64, IntentId>,
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
        let (mut panicked, mut any_first) = (false, false);
        let keyed = |intent: &&mut Intent| has_key(intent);
        for intent in leaving.intents.iter_mut().rev().filter(keyed) {
            match intent.effect().keeps() {
                Keeps::Last => panicked |= kept.keep_one(intent).is_err(),
                Keeps::First => any_first = true,
            }
        }
        if any_first {
            let first = |intent: &&mut Intent| intent.effect().keeps() == Keeps::First;
            for intent in leaving.intents.iter_mut().filter(keyed).filter(first) {
                panicked |= kept.keep_one(intent).is_err();
            }
        }
        leaving.stopped |= panicked && leaving.mode == FailureMode::Stop;
    }
    Coalesced(leaving)
}

/// The expression of an intent's `key` has panicked; the intent has failed.
struct KeyPanicked;

fn has_key(intent: &Intent) -> bool {
    let facts = &intent.facts;
    (facts.effect.key.is_some() || facts.has_own_key()) && facts.is_pending()
}

impl Kept {
    fn of(&mut self, effect: &'static EffectDescriptor) -> &mut ByKey {
        let known = self.0.iter().position(|(known, _)| *known == effect);
        let index = known.unwrap_or_else(|| {
            self.0.push((effect, ByKey::default()));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }

    fn keep_one(&mut self, intent: &mut Intent) -> Result<(), KeyPanicked> {
        let mut key = Keyed::None;
        match catch(|| key = intent.facts.keyed(Some(&intent.payload))) {
            Ok(()) => {}
            Err(panicked) => {
                let message = format!("its key: {}", panicked.message);
                let failure = Failure::Panicked { message };
                intent.facts.decide(Decision::Failed(Arc::new(failure)));
                return Err(KeyPanicked);
            }
        }
        if let Some(kept) = self.of(intent.effect()).keep(key, intent.id()) {
            intent.facts.decide(Decision::Coalesced(kept));
        }
        Ok(())
    }
}
