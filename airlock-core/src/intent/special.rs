//! What a flush has to look for among its intents.

use crate::intent::Intent;

/// What is special about some intents: each stage of a flush skips what none of them needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Special(u8);

impl Special {
    pub(crate) const NOTHING: Self = Self(0);
    /// An effect has a key, or is a batch effect.
    pub(crate) const GROUPED: Self = Self(1);
    /// An intent has options, a cause, or a place of its own.
    pub(crate) const MARKED: Self = Self(2);
    pub(crate) const ALL: Self = Self(3);

    #[inline]
    pub(crate) fn from_intent(intent: &Intent) -> Self {
        let grouped = match intent.data.effect.is_grouped() {
            true => Self::GROUPED,
            false => Self::NOTHING,
        };
        match intent.data.is_plain() {
            true => grouped,
            false => Self(grouped.0 | Self::MARKED.0),
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    #[inline]
    pub(crate) fn is_nothing(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(crate) fn is_marked(self) -> bool {
        self.0 & Self::MARKED.0 != 0
    }
}
