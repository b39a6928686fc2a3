//! Policies that drop duplicates within one flush.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::effect::{Coalesce, EffectDescriptor, Key};
use crate::intent::Intent;
use crate::policy::{Judgement, Policy, Verdict};

/// Returns a policy that keeps the last intent of each effect and key in a flush, and drops the
/// others.
///
/// Use it for keys that are set on single intents. An effect that declares `key = ..` coalesces
/// without this policy; for keys that a closure computes, use [`dedupe_by`]. Intents without a key
/// pass.
pub fn dedupe() -> Dedupe {
    Dedupe {
        coalesce: Coalesce::Last,
        key: None,
    }
}

/// Returns a policy that keeps the last intent of each key that a closure returns, and drops the
/// others.
///
/// Keys are compared across effects: include the id of [`Intent::effect`](crate::IntentInfo::effect)
/// in the key to compare within one effect. Intents for which the closure returns `None` pass.
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
        key: Some(Arc::new(key)),
    }
}

/// A policy that drops duplicates within one flush; made by [`dedupe`] and [`dedupe_by`].
#[derive(Clone)]
pub struct Dedupe {
    coalesce: Coalesce,
    key: Option<KeyOf>,
}

type KeyOf = Arc<dyn Fn(&Intent) -> Option<Key> + Send + Sync>;

impl Dedupe {
    /// Keeps the first intent instead of the last.
    #[must_use]
    pub fn keep_first(mut self) -> Self {
        self.coalesce = Coalesce::First;
        self
    }

    /// Returns what duplicates share. An intent's own key counts within its effect, a closure's key
    /// across all effects.
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
        match (&self.key, self.coalesce) {
            (None, Coalesce::Last) => "dedupe".into(),
            (None, Coalesce::First) => "dedupe.keep_first".into(),
            (Some(_), Coalesce::Last) => "dedupe_by".into(),
            (Some(_), Coalesce::First) => "dedupe_by.keep_first".into(),
        }
    }
}

impl fmt::Debug for Dedupe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
