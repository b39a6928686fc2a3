//! What a policy sees of the scope that would buffer an intent.

use std::fmt;

use crate::effect::Effect;
use crate::intent::{Intent, ScopeId};

/// The scope that would buffer an intent, as a policy sees it at the enqueue. It can be looked at, and
/// neither entered nor kept.
pub struct ScopeView<'a> {
    holder: &'a dyn Holder,
}

/// A scope that can be looked at. Implemented where buffers are.
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

    /// Its id.
    pub fn id(&self) -> ScopeId {
        self.holder.id()
    }

    /// Its name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.holder.name()
    }

    /// How many intents it holds.
    pub fn len(&self) -> usize {
        self.holder.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many intents of one effect it holds.
    pub fn count<E: Effect>(&self) -> usize {
        self.inspect(|intents| intents.iter().filter(|intent| intent.is::<E>()).count())
    }

    /// Shows what it holds to a closure, in order.
    pub fn inspect<T>(&self, look: impl FnOnce(&[Intent]) -> T) -> T {
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
