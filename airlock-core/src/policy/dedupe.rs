//! Dropping repetitions within one flush.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use crate::effect::{Coalesce, EffectDescriptor, Key};
use crate::intent::Intent;
use crate::policy::{Judgement, Policy, Verdict};

/// Of the intents of one effect with the same key, lets only the last one out of each flush.
///
/// An effect that declares `key = ..` coalesces by itself; this policy does it for keys that single
/// intents were given, and [`dedupe_by`] for keys of your own making. Intents without a key pass.
pub fn dedupe() -> Dedupe {
    Dedupe {
        coalesce: Coalesce::Last,
        key: None,
    }
}

/// Of the intents for which a closure gives the same key, lets only the last one out of each flush.
///
/// Effects are not told apart: put [`Intent::effect`]'s id into the key where they should be.
///
/// ```
/// use airlock_core::policy::dedupe_by;
/// use airlock_core::IntoKey;
///
/// // At most one intent of each effect.
/// let policy = dedupe_by(|intent| Some(intent.effect().id().into_key())).keep_first();
/// ```
pub fn dedupe_by(key: impl Fn(&Intent) -> Option<Key> + Send + Sync + 'static) -> Dedupe {
    Dedupe {
        coalesce: Coalesce::Last,
        key: Some(Box::new(key)),
    }
}

/// The policy that [`dedupe`] and [`dedupe_by`] make.
pub struct Dedupe {
    coalesce: Coalesce,
    key: Option<KeyOf>,
}

type KeyOf = Box<dyn Fn(&Intent) -> Option<Key> + Send + Sync>;

impl Dedupe {
    /// Lets the first one out instead of the last.
    #[must_use]
    pub fn keep_first(mut self) -> Self {
        self.coalesce = Coalesce::First;
        self
    }

    /// What repetitions have in common; effects are told apart only by the intents' own keys.
    fn identity(&self, intent: &Intent) -> Option<(Option<&'static EffectDescriptor>, Key)> {
        match &self.key {
            Some(key) => Some((None, key(intent)?)),
            None => Some((Some(intent.effect()), intent.key()?)),
        }
    }
}

impl Policy for Dedupe {
    fn judge(&self, batch: &mut Judgement<'_>) {
        let mut seen = HashSet::new();
        let verdict = |intent: &Intent| match self.identity(intent).map(|it| seen.insert(it)) {
            Some(false) => Verdict::drop_because("a repetition"),
            _ => Verdict::Allow,
        };
        match self.coalesce {
            Coalesce::First => batch.each(verdict),
            Coalesce::Last => batch.each_from_last(verdict),
        }
    }

    fn name(&self) -> Cow<'static, str> {
        match self.coalesce {
            Coalesce::First => "dedupe(first)".into(),
            Coalesce::Last => "dedupe(last)".into(),
        }
    }
}

impl fmt::Debug for Dedupe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
