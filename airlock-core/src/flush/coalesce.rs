//! Coalescing: of the intents of one effect with one key, one is dispatched.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::catalogue::Keeps;
use crate::flush::FailureMode;
use crate::flush::error::{Failure, panic_message};
use crate::flush::report::Fate;
use crate::flush::run::Flush;
use crate::intent::{Intent, IntentId};
use crate::key::Key;

type Kept = HashMap<(&'static str, Key), IntentId>;

/// Works among what the policies have let pass, so that none of them can drop the one that is kept.
pub(super) fn coalesce(flush: &mut Flush) {
    if !flush.intents.iter().any(has_key) {
        return;
    }
    let mut kept = Kept::new();
    let mut panicked = false;
    for intent in &mut flush.intents {
        panicked |= keep_one(&mut kept, intent, Keeps::First).is_err();
    }
    for intent in flush.intents.iter_mut().rev() {
        panicked |= keep_one(&mut kept, intent, Keeps::Last).is_err();
    }
    flush.stopped |= panicked && flush.mode == FailureMode::Stop;
}

/// The expression of an intent's `key` has panicked; the intent has failed.
struct Panicked;

fn has_key(intent: &Intent) -> bool {
    intent.facts.effect.key.is_some() || intent.facts.has_own_key()
}

fn keep_one(kept: &mut Kept, intent: &mut Intent, keeps: Keeps) -> Result<(), Panicked> {
    if !intent.is_pending() || intent.effect().keeps() != keeps {
        return Ok(());
    }
    let key = match catch_unwind(AssertUnwindSafe(|| intent.key())) {
        Ok(Some(key)) => key,
        Ok(None) => return Ok(()),
        Err(panic) => {
            let message = format!("its key: {}", panic_message(&*panic));
            intent.facts.fate = Fate::Failed(Arc::new(Failure::Panicked { message }));
            return Err(Panicked);
        }
    };
    match kept.entry((intent.effect().id(), key)) {
        Entry::Occupied(first) => intent.facts.fate = Fate::Coalesced(*first.get()),
        Entry::Vacant(vacant) => {
            vacant.insert(intent.id());
        }
    }
    Ok(())
}
