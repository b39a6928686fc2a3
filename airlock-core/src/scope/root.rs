//! A guard that refuses scopes opened outside of every other scope.

use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::context;

/// The number of live guards. Not behind the lock, since each opening of a scope reads it.
static GUARDS: AtomicUsize = AtomicUsize::new(0);

/// The lines that tried to open a root scope.
static REFUSED: Mutex<Vec<&'static Location<'static>>> = Mutex::new(Vec::new());

fn refused() -> MutexGuard<'static, Vec<&'static Location<'static>>> {
    REFUSED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Panics if there is a live guard and no scope encloses the calling code.
#[inline]
#[track_caller]
pub(super) fn check() {
    if GUARDS.load(Ordering::Relaxed) > 0 {
        check_now(Location::caller());
    }
}

#[cold]
fn check_now(location: &'static Location<'static>) {
    if !context::is_in_scope() {
        refused().push(location);
        panic!(
            "a scope was opened outside of every other scope, at {location}, while `forbid_root_scopes` is in force: spawned work does not inherit the scope of the test; hand it over with `Scope::bind`"
        );
    }
}

/// Refuses root scopes, in the whole process, until the guard is dropped: a boundary or
/// [`scope()`](crate::scope()) that no other scope encloses panics.
///
/// A spawned task or thread does not inherit the scope of its spawner. A boundary in it opens a root
/// scope. A capture, a test or `drop_all` around the spawner does not apply to that scope, so its
/// effects are performed. Hold this guard in a test to find such work. The task that opens a root
/// scope panics. The drop of the last guard panics, too, and names the lines, so that the test fails
/// even if no code awaits the task.
///
/// The guard also refuses the root scopes of other tests in the process. Run such a test in its own
/// process (as cargo-nextest does), or in a separate test file.
///
/// The scopes that web layers open for requests are not refused. Create such a layer within a scope or
/// before the guard, since its constructor calls [`scope()`](crate::scope()).
///
/// ```
/// use airlock::testing::{capture, forbid_root_scopes};
///
/// #[airlock::boundary(on_flush_error = log)]
/// fn nightly() {}
///
/// let spawned = std::panic::catch_unwind(|| {
///     let captured = capture(|| {
///         let _guard = forbid_root_scopes();
///         nightly(); // in the scope of the capture
///         let _ = std::thread::spawn(nightly).join(); // in no scope
///     });
/// });
/// assert!(spawned.is_err());
/// ```
pub fn forbid_root_scopes() -> ForbidRootScopes {
    GUARDS.fetch_add(1, Ordering::Relaxed);
    ForbidRootScopes(())
}

/// A guard that refuses root scopes until it is dropped. Returned by [`forbid_root_scopes`].
#[derive(Debug)]
#[must_use = "the guard refuses nothing after it is dropped"]
pub struct ForbidRootScopes(());

impl Drop for ForbidRootScopes {
    fn drop(&mut self) {
        if GUARDS.fetch_sub(1, Ordering::Relaxed) > 1 {
            return;
        }
        let lines = std::mem::take(&mut *refused());
        if !lines.is_empty() && !thread::panicking() {
            let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
            panic!(
                "scopes were opened outside of every other scope: {}",
                lines.join(", ")
            );
        }
    }
}
