//! Scopes that may wait for the body of their response, one within the other.

use std::sync::{Arc, Weak};

use airlock_core::{OwnedScope, ScopeId};
use http::Extensions;

/// A scope that may wait for the body of its response.
#[derive(Debug)]
pub struct Waits {
    own: Arc<ScopeId>,
    /// Tells the one around that something within it waits, as long as this lives.
    _around: Option<Weak<ScopeId>>,
}

/// Notes in a request whose scope may wait for the body.
#[derive(Clone)]
struct AwaitsBody(Arc<ScopeId>);

impl Waits {
    /// A scope around this one captures what it holds, so this one must end first. One that may wait
    /// for the body itself leaves time for that; of any other nothing is known after the response.
    pub(crate) fn may(scope: &mut OwnedScope, request: &mut Extensions) -> Option<Self> {
        let around = match scope.parent() {
            None => None,
            Some(parent) => {
                let AwaitsBody(around) = request.get()?;
                if **around != parent {
                    return None;
                }
                Some(Arc::downgrade(around))
            }
        };
        let own = Arc::new(scope.id());
        request.insert(AwaitsBody(own.clone()));
        Some(Self {
            own,
            _around: around,
        })
    }

    /// Whether a scope within this one waits, and has to be captured yet.
    pub(crate) fn has_inner(&self) -> bool {
        Arc::weak_count(&self.own) > 0
    }
}
