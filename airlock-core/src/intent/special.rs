//! A summary of a buffer, by which a flush skips stages.

use crate::intent::Intent;

/// The special features that some intents of a buffer have. A stage of a flush is skipped if no intent needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Special(u8);

impl Special {
    pub(crate) const NOTHING: Self = Self(0);
    /// Some effect has a key or is a batch effect.
    pub(crate) const GROUPED: Self = Self(1);
    /// Some intent has extra data, such as options, a cause or its own place.
    pub(crate) const MARKED: Self = Self(2);
    pub(crate) const ALL: Self = Self(3);

    /// Returns the special features of one intent.
    #[inline]
    pub(crate) fn from_intent(intent: &Intent) -> Self {
        let grouped = match intent.info.effect.is_grouped() {
            true => Self::GROUPED,
            false => Self::NOTHING,
        };
        match intent.info.is_plain() {
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
