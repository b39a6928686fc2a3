//! Policies that block or allow effects, selected by type or by an id or tag from the catalogue.

use std::borrow::Cow;

use crate::catalogue::{Catalogue, CatalogueError};
use crate::effect::{EffectDescriptor, EffectSet};
use crate::intent::Intent;
use crate::policy::{Policy, ScopeView, Verdict, Veto};

/// Returns a policy that drops the intents of these effects at dispatch: `block::<SendEmail>()`, or
/// `block::<(SendEmail, ChargeCard)>()`.
///
/// Use [`EffectFilter::reject`] to veto them at enqueue, too. To select effects by id or tag, start
/// with `block::<()>()`, which selects none.
///
/// ```rust,standalone_crate
/// use airlock_core::policy::block;
///
/// // Ids and tags are looked up in the catalogue, so a typo is an error here.
/// let error = block::<()>().id("shop.send_emial").unwrap_err();
/// assert!(error.to_string().contains("no effect has the id `shop.send_emial`"));
/// ```
pub fn block<S: EffectSet>() -> EffectFilter {
    EffectFilter::new::<S>(Verb::Block)
}

/// Returns a policy that drops the intents of all other effects at dispatch.
///
/// Use [`EffectFilter::reject`] to veto them at enqueue, too. `allow_only::<()>()` selects no
/// effects, so it allows nothing until you add some by id or tag.
pub fn allow_only<S: EffectSet>() -> EffectFilter {
    EffectFilter::new::<S>(Verb::AllowOnly)
}

/// A policy that drops intents by their effect; made by [`block`] and [`allow_only`].
#[derive(Clone, Debug)]
pub struct EffectFilter {
    verb: Verb,
    selected: Selected,
    reject: bool,
}

/// The treatment of the selected effects.
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

    /// Adds these effects to the selection.
    #[must_use]
    pub fn effects<S: EffectSet>(mut self) -> Self {
        self.selected.effects.extend(S::DESCRIPTORS);
        self
    }

    /// Adds the effect with this id or alias to the selection.
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

    /// Adds the effects with this tag to the selection.
    ///
    /// # Errors
    ///
    /// [`SelectorError`] if no effect in the catalogue has this tag, or two effects claim one id.
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

    /// Also vetoes at enqueue what the policy would drop, so that the enqueue fails at the caller's
    /// line.
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
            Verb::AllowOnly => "this effect is not allowed here",
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

/// The error of selecting an effect by id or tag. The catalogue does not have it, or is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectorError {
    /// No effect has the id or alias.
    #[error("no effect has the id `{id}`{}", hint(.near))]
    UnknownId {
        /// The id that was not found.
        id: String,
        /// The most similar id or alias of the catalogue.
        near: Option<&'static str>,
    },
    /// No effect has the tag.
    #[error("no effect has the tag `{tag}`{}", hint(.near))]
    UnknownTag {
        /// The tag that was not found.
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
