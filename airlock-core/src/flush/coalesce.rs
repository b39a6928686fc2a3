//! Stage 5: keeping one intent of each key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::effect::{EffectDescriptor, Keeps, Key};
use crate::executor::FailureMode;
use crate::flush::judge::{Judged, Leaving};
use crate::intent::{Decision, Failure, Intent, IntentId};
use crate::unwind::catch;

/// Intents of which each key is left once.
pub(super) struct Coalesced<'a>(pub(super) Leaving<'a>);

/// The kept intents of each effect. There are few effects, so they are searched in a row.
#[derive(Default)]
struct Kept(Vec<(&'static EffectDescriptor, HashMap<Key, IntentId>)>);

/// Works among what the policies have let pass, so that none of them can drop the one that is kept.
pub(super) fn coalesce(Judged(mut leaving): Judged<'_>) -> Coalesced<'_> {
    if leaving.special && !leaving.stopped {
        let mut kept = Kept::default();
        let (mut panicked, mut any_last) = (false, false);
        for intent in leaving.intents.iter_mut().filter(|intent| has_key(intent)) {
            match intent.effect().keeps() {
                Keeps::First => panicked |= kept.keep_one(intent).is_err(),
                Keeps::Last => any_last = true,
            }
        }
        if any_last {
            let last =
                |intent: &&mut Intent| has_key(intent) && intent.effect().keeps() == Keeps::Last;
            for intent in leaving.intents.iter_mut().rev().filter(last) {
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
    fn of(&mut self, effect: &'static EffectDescriptor) -> &mut HashMap<Key, IntentId> {
        let known = self.0.iter().position(|(known, _)| *known == effect);
        let index = known.unwrap_or_else(|| {
            self.0.push((effect, HashMap::new()));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }

    fn keep_one(&mut self, intent: &mut Intent) -> Result<(), KeyPanicked> {
        let key = match catch(|| intent.key()) {
            Ok(Some(key)) => key,
            Ok(None) => return Ok(()),
            Err(panicked) => {
                let message = format!("its key: {}", panicked.message);
                let failure = Failure::Panicked { message };
                intent.facts.decide(Decision::Failed(Arc::new(failure)));
                return Err(KeyPanicked);
            }
        };
        match self.of(intent.effect()).entry(key) {
            Entry::Occupied(kept) => intent.facts.decide(Decision::Coalesced(*kept.get())),
            Entry::Vacant(vacant) => {
                vacant.insert(intent.id());
            }
        }
        Ok(())
    }
}
