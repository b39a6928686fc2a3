//! Policies that block or allow effects, selected by type or by an id or tag from the catalogue.

use std::borrow::Cow;

use crate::catalogue;
use crate::effect::{EffectDescriptor, EffectSet};
use crate::intent::Intent;
use crate::policy::{Policy, ScopeView, Verdict, Veto};

/// Returns a policy that drops the intents of these effects at dispatch: `block::<SendEmail>()`, or
/// `block::<(SendEmail, ChargeCard)>()`.
///
/// Use [`Block::reject`] to veto them at enqueue, too. To select effects by id or tag, start with
/// `Block::default()`.
///
/// ```rust,standalone_crate
/// use airlock_core::policy::Block;
///
/// // Ids and tags are looked up in the catalogue, so a typo is an error here.
/// let error = Block::default().id("shop.send_emial").unwrap_err();
/// assert!(error.to_string().contains("no effect has the id `shop.send_emial`"));
/// ```
pub fn block<S: EffectSet>() -> Block {
    Block {
        selected: Selected::effects::<S>(),
        reject: false,
    }
}

/// Returns a policy that drops the intents of all other effects at dispatch.
///
/// Use [`AllowOnly::reject`] to veto them at enqueue, too.
pub fn allow_only<S: EffectSet>() -> AllowOnly {
    AllowOnly {
        selected: Selected::effects::<S>(),
        reject: false,
    }
}

/// A policy that drops the selected effects; made by [`block`]. `Block::default()` selects none, so
/// it blocks nothing.
#[derive(Clone, Debug, Default)]
pub struct Block {
    selected: Selected,
    reject: bool,
}

/// A policy that drops all but the selected effects; made by [`allow_only`]. `AllowOnly::default()`
/// selects none, so it allows nothing.
#[derive(Clone, Debug, Default)]
pub struct AllowOnly {
    selected: Selected,
    reject: bool,
}

macro_rules! selecting {
    ($ty:ident) => {
        impl $ty {
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
            /// [`UnknownSelector`] if the catalogue has no such effect, or is invalid.
            pub fn id(mut self, id: &str) -> Result<Self, UnknownSelector> {
                let effect = catalogue::lookup(id).ok_or_else(|| UnknownSelector::id(id))?;
                self.selected.effects.push(effect);
                Ok(self)
            }

            /// Adds the effects with this tag to the selection.
            ///
            /// # Errors
            ///
            /// [`UnknownSelector`] if no effect in the catalogue has this tag, or the catalogue is
            /// invalid.
            pub fn tag(mut self, tag: &str) -> Result<Self, UnknownSelector> {
                let tag = catalogue::known_tag(tag).ok_or_else(|| UnknownSelector::tag(tag))?;
                self.selected.tags.push(tag);
                Ok(self)
            }

            /// Also vetoes at enqueue what the policy would drop, so that the enqueue fails at the
            /// caller's line.
            #[must_use]
            pub fn reject(mut self) -> Self {
                self.reject = true;
                self
            }
        }
    };
}
selecting!(Block);
selecting!(AllowOnly);

impl Policy for Block {
    fn at_enqueue(&self, intent: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        if self.reject && self.selected.has(intent.effect()) {
            return Err(Veto::because("this effect is blocked here"));
        }
        Ok(())
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        (!self.selected.has(intent.effect())).into()
    }

    fn name(&self) -> Cow<'static, str> {
        format!("block({})", self.selected.names()).into()
    }
}

impl Policy for AllowOnly {
    fn at_enqueue(&self, intent: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        if self.reject && !self.selected.has(intent.effect()) {
            return Err(Veto::because("this effect is not among those allowed here"));
        }
        Ok(())
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        self.selected.has(intent.effect()).into()
    }

    fn name(&self) -> Cow<'static, str> {
        format!("allow_only({})", self.selected.names()).into()
    }
}

#[derive(Clone, Debug, Default)]
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

/// The error of a policy that names an id or tag which the catalogue does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no effect has the {kind} `{name}`{}", hint(.near))]
pub struct UnknownSelector {
    kind: &'static str,
    name: String,
    near: Option<&'static str>,
}

fn hint(near: &Option<&'static str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

impl UnknownSelector {
    fn id(name: &str) -> Self {
        Self {
            kind: "id",
            name: name.to_owned(),
            near: catalogue::nearest_id(name),
        }
    }

    fn tag(name: &str) -> Self {
        Self {
            kind: "tag",
            name: name.to_owned(),
            near: catalogue::nearest_tag(name),
        }
    }

    /// Returns the id or tag that was not found.
    pub fn name(&self) -> &str {
        &self.name
    }
}
