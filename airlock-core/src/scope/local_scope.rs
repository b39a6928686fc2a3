//! The scope that a closure runs in, without a handle until one is needed.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;

use crate::context::{Opened, Shared};
use crate::scope::Scope;

/// The scope that a closure runs in, as [`ScopeBuilder::run`](crate::ScopeBuilder::run) passes it
/// to the closure.
///
/// It stays on its thread, and costs nothing until it is used. Any use creates a [`Scope`], a
/// handle that can be cloned and sent to other threads:
///
/// ```
/// # use airlock_core as airlock;
/// use airlock::Scope;
///
/// airlock::scope().run_infallible(|scope| {
///     let handle: Scope = scope.clone();
///     assert_eq!(handle.id(), scope.id());
/// })?;
/// # Ok::<(), airlock::FlushError>(())
/// ```
pub struct LocalScope<'a> {
    opened: &'a Opened,
    handle: OnceCell<Scope>,
}

impl<'a> LocalScope<'a> {
    #[inline]
    pub(super) fn new(opened: &'a Opened) -> Self {
        Self {
            opened,
            handle: OnceCell::new(),
        }
    }
}

impl LocalScope<'_> {
    /// Returns a handle to the scope, to keep or to send to another thread.
    #[allow(
        clippy::should_implement_trait,
        reason = "the scope itself stays on its thread; what is cloned is its handle"
    )]
    pub fn clone(&self) -> Scope {
        Scope::clone(self)
    }
}

impl Deref for LocalScope<'_> {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        self.handle.get_or_init(|| {
            let shared = self.opened.publish();
            Scope::from_shared(shared.unwrap_or_else(Shared::ended))
        })
    }
}

impl fmt::Debug for LocalScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalScope").field(&**self).finish()
    }
}
