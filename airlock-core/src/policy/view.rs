//! The view that a policy has of the scope that would buffer an intent.

use std::fmt;

use crate::effect::Effect;
use crate::intent::{Intent, ScopeId};

/// The scope that would buffer an intent, as a policy sees it at enqueue. A policy can inspect the
/// scope, but not enter it or keep the view.
pub struct ScopeView<'a> {
    holder: &'a dyn Holder,
}

/// A scope whose buffer can be inspected. Implemented where buffers are.
pub(crate) trait Holder {
    fn id(&self) -> ScopeId;
    fn name(&self) -> Option<&str>;
    fn len(&self) -> usize;
    fn look(&self, look: &mut dyn FnMut(&[Intent]));
}

impl<'a> ScopeView<'a> {
    pub(crate) fn new(holder: &'a dyn Holder) -> Self {
        Self { holder }
    }

    /// Returns the scope's id.
    pub fn id(&self) -> ScopeId {
        self.holder.id()
    }

    /// Returns the scope's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.holder.name()
    }

    /// Returns the number of intents that the scope holds.
    pub fn len(&self) -> usize {
        self.holder.len()
    }

    /// Returns `true` if the scope holds no intents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of intents of one effect that the scope holds.
    pub fn count<E: Effect>(&self) -> usize {
        self.inspect(|intents| intents.iter().filter(|intent| intent.is::<E>()).count())
    }

    /// Calls a closure with the intents that the scope holds, in order, and returns its result.
    pub fn inspect<T>(&self, look: impl FnOnce(&[Intent]) -> T) -> T {
        // `Holder` is a trait object, so its methods cannot be generic over the closure.
        let (mut look, mut value) = (Some(look), None);
        self.holder.look(&mut |intents| {
            value = look.take().map(|look| look(intents));
        });
        match value {
            Some(value) => value,
            None => unreachable!("a holder shows its intents once"),
        }
    }
}

impl fmt::Debug for ScopeView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeView")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish()
    }
}
