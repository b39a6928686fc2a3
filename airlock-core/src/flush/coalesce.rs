//! Coalescing: of the intents of one effect with one key, one is dispatched.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::catalogue::Keeps;
use crate::flush::report::Fate;
use crate::intent::{Intent, IntentId};
use crate::key::Key;

type Kept = HashMap<(&'static str, Key), IntentId>;

/// Works among what the policies have let pass, so that none of them can drop the one that is kept.
pub(super) fn coalesce(intents: &mut [Intent]) {
    if !intents.iter().any(has_key) {
        return;
    }
    let mut kept = Kept::new();
    for intent in intents.iter_mut() {
        keep_one(&mut kept, intent, Keeps::First);
    }
    for intent in intents.iter_mut().rev() {
        keep_one(&mut kept, intent, Keeps::Last);
    }
}

fn has_key(intent: &Intent) -> bool {
    intent.facts.effect.key.is_some() || intent.has_own_key()
}

fn keep_one(kept: &mut Kept, intent: &mut Intent, keeps: Keeps) {
    if !intent.is_pending() || intent.effect().keeps() != keeps {
        return;
    }
    let Some(key) = intent.key() else { return };
    match kept.entry((intent.effect().id(), key)) {
        Entry::Occupied(first) => intent.facts.fate = Fate::Coalesced(*first.get()),
        Entry::Vacant(vacant) => {
            vacant.insert(intent.id());
        }
    }
}
