//! Scopes that may wait for the body of their response, one within the other.

use std::sync::{Arc, Weak};

use airlock_core::{OwnedScope, ScopeId};

/// A scope that may wait for the body of its response.
#[derive(Debug)]
pub struct Waits {
    own: Arc<ScopeId>,
    /// Tells the one around that something within it waits, as long as this lives.
    _around: Option<Weak<ScopeId>>,
}

/// A note in a request whose scope may wait for the body.
#[derive(Clone, Debug)]
pub struct AwaitsBody(Arc<ScopeId>);

impl Waits {
    /// Whether a scope may wait for the body: `None` if not. `noted` is the note of the request so far, and
    /// the one that is returned replaces it.
    ///
    /// A scope around this one captures what it holds, so this one must end first. One that may wait for
    /// the body itself leaves time for that; of any other nothing is known after the response.
    pub fn may(scope: &mut OwnedScope, noted: Option<&AwaitsBody>) -> Option<(Self, AwaitsBody)> {
        let around = match scope.parent() {
            None => None,
            Some(parent) => {
                let AwaitsBody(around) = noted.filter(|note| *note.0 == parent)?;
                Some(Arc::downgrade(around))
            }
        };
        let own = Arc::new(scope.id());
        let note = AwaitsBody(own.clone());
        Some((
            Self {
                own,
                _around: around,
            },
            note,
        ))
    }

    /// Whether a scope within this one waits, and has yet to be captured.
    pub(crate) fn has_inner(&self) -> bool {
        Arc::weak_count(&self.own) > 0
    }
}
