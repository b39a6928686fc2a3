//! Blocking and allowing by effect: by type, which cannot be misspelt, or by checked id or tag.

use std::borrow::Cow;

use crate::catalogue::{Catalogue, CatalogueError};
use crate::effect::{EffectDescriptor, EffectSet};
use crate::intent::Intent;
use crate::policy::{Policy, ScopeView, Verdict, Veto};

/// Drops the intents of these effects when they are dispatched: `block::<SendEmail>()`, or
/// `block::<(SendEmail, ChargeCard)>()`. `block::<()>()` blocks nothing yet: name effects by id or tag.
///
/// ```rust,standalone_crate
/// use airlock_core::policy::block;
///
/// // Ids and tags are looked up in the catalogue, so that a misspelt one is an error at once.
/// let error = block::<()>().id("shop.send_emial").unwrap_err();
/// assert!(error.to_string().contains("no effect has the id `shop.send_emial`"));
/// ```
pub fn block<S: EffectSet>() -> EffectFilter {
    EffectFilter::new::<S>(Verb::Block)
}

/// Drops the intents of all effects but these when they are dispatched. `allow_only::<()>()` allows nothing yet: name
/// effects by id or tag.
pub fn allow_only<S: EffectSet>() -> EffectFilter {
    EffectFilter::new::<S>(Verb::AllowOnly)
}

/// The policy that [`block`] and [`allow_only`] return: it drops intents by their effect.
#[derive(Clone, Debug)]
pub struct EffectFilter {
    verb: Verb,
    selected: Selected,
    reject: bool,
}

/// What a filter does with the effects that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Block,
    AllowOnly,
}

impl EffectFilter {
    fn new<S: EffectSet>(verb: Verb) -> Self {
        Self {
            verb,
            selected: Selected::effects::<S>(),
            reject: false,
        }
    }

    /// Names these effects too.
    #[must_use]
    pub fn effects<S: EffectSet>(mut self) -> Self {
        self.selected.effects.extend(S::DESCRIPTORS);
        self
    }

    /// Names the effect with this id or alias too.
    ///
    /// # Errors
    ///
    /// [`SelectorError`] if the catalogue has no such effect, or two effects claim one id.
    pub fn id(mut self, id: &str) -> Result<Self, SelectorError> {
        let catalogue = Catalogue::global()?;
        let unknown = || SelectorError::UnknownId {
            id: id.to_owned(),
            near: catalogue.nearest_id(id),
        };
        let effect = catalogue.find(id).ok_or_else(unknown)?;
        self.selected.effects.push(effect);
        Ok(self)
    }

    /// Names the effects with this tag too.
    ///
    /// # Errors
    ///
    /// [`SelectorError`] if no effect in the catalogue has the tag, or two effects claim one id.
    pub fn tag(mut self, tag: &str) -> Result<Self, SelectorError> {
        let catalogue = Catalogue::global()?;
        let unknown = || SelectorError::UnknownTag {
            tag: tag.to_owned(),
            near: catalogue.nearest_tag(tag),
        };
        let tag = catalogue.find_tag(tag).ok_or_else(unknown)?;
        self.selected.tags.push(tag);
        Ok(self)
    }

    /// Also vetoes what it would drop, so that the enqueue fails at its line.
    #[must_use]
    pub fn reject(mut self) -> Self {
        self.reject = true;
        self
    }

    fn allows(&self, effect: &EffectDescriptor) -> bool {
        self.selected.has(effect) == (self.verb == Verb::AllowOnly)
    }
}

impl Policy for EffectFilter {
    fn at_enqueue(&self, intent: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        if !self.reject || self.allows(intent.effect()) {
            return Ok(());
        }
        Err(Veto::because(match self.verb {
            Verb::Block => "this effect is blocked here",
            Verb::AllowOnly => "this effect is not among those allowed here",
        }))
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        self.allows(intent.effect()).into()
    }

    fn name(&self) -> Cow<'static, str> {
        let verb = match self.verb {
            Verb::Block => "block",
            Verb::AllowOnly => "allow_only",
        };
        format!("{verb}({})", self.selected.names()).into()
    }
}

#[derive(Clone, Debug)]
struct Selected {
    effects: Vec<&'static EffectDescriptor>,
    tags: Vec<&'static str>,
}

impl Selected {
    fn effects<S: EffectSet>() -> Self {
        Self {
            effects: S::DESCRIPTORS.to_vec(),
            tags: Vec::new(),
        }
    }

    fn has(&self, effect: &EffectDescriptor) -> bool {
        self.effects.contains(&effect) || self.tags.iter().any(|tag| effect.has_tag(tag))
    }

    fn names(&self) -> String {
        let ids = self.effects.iter().map(|effect| effect.id().to_owned());
        let tags = self.tags.iter().map(|tag| format!("tag {tag}"));
        ids.chain(tags).collect::<Vec<_>>().join(", ")
    }
}

/// An id or a tag that a policy names and the catalogue cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectorError {
    /// No effect has the id or alias.
    #[error("no effect has the id `{id}`{}", hint(.near))]
    UnknownId {
        /// The id that was named.
        id: String,
        /// The most similar id or alias of the catalogue.
        near: Option<&'static str>,
    },
    /// No effect has the tag.
    #[error("no effect has the tag `{tag}`{}", hint(.near))]
    UnknownTag {
        /// The tag that was named.
        tag: String,
        /// The most similar tag of the catalogue.
        near: Option<&'static str>,
    },
    /// Two effects claim one id, so nothing can be looked up.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

fn hint(near: &Option<&'static str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
