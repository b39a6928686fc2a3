//! Registration of descriptors, by the macros or by hand.

use std::any::TypeId;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::catalogue::{BoundaryDescriptor, EffectDescriptor};
use crate::effect::{Effect, EffectSet};

/// One effect, as `#[airlock::effect]` submits it.
pub struct EffectRegistration(&'static EffectDescriptor);

impl EffectRegistration {
    /// Creates the registration of `E`.
    pub const fn new<E: Effect>() -> Self {
        Self(E::DESCRIPTOR)
    }
}

/// One boundary, as `#[airlock::boundary]` submits it.
pub struct BoundaryRegistration(&'static BoundaryDescriptor);

impl BoundaryRegistration {
    /// Creates the registration of a boundary.
    pub const fn new(boundary: &'static BoundaryDescriptor) -> Self {
        Self(boundary)
    }
}

/// The type of a resource that an integration supplies to the effects it performs. The program need
/// not supply it at start-up.
pub struct RegisteredResource(fn() -> TypeId);

impl RegisteredResource {
    /// Creates the registration of `T`.
    pub const fn new<T: 'static>() -> Self {
        Self(TypeId::of::<T>)
    }
}

impl fmt::Debug for RegisteredResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegisteredResource")
    }
}

/// Returns the types of all resources that integrations supply.
pub(crate) fn registered_resources() -> HashSet<TypeId> {
    let given = inventory::iter::<RegisteredResource>.into_iter();
    given.map(|given| (given.0)()).collect()
}

impl fmt::Debug for EffectRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for BoundaryRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

inventory::collect!(EffectRegistration);
inventory::collect!(BoundaryRegistration);
inventory::collect!(RegisteredResource);

/// The effects that were registered by hand. `None` once the catalogue is built.
static BY_HAND: Mutex<Option<Vec<&'static EffectDescriptor>>> = Mutex::new(Some(Vec::new()));

/// Registers effects by hand.
///
/// Use it on targets where `inventory` does not work. On `wasm32-unknown-unknown`, the
/// registrations of dependencies are lost without fat LTO.
///
/// ```rust,standalone_crate
/// #[airlock::effect]
/// fn notify_warehouse(order: u64) {}
/// #[airlock::effect]
/// fn send_confirmation(order: u64) {}
///
/// airlock::catalogue::register::<(NotifyWarehouse, SendConfirmation)>()?;
/// assert!(airlock::catalogue::Catalogue::global()?.find_type::<NotifyWarehouse>().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`RegisterError`] if the catalogue is already built. Register effects at the start of `main`.
pub fn register<S: EffectSet>() -> Result<(), RegisterError> {
    let mut by_hand = BY_HAND.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *by_hand {
        Some(effects) => {
            effects.extend(S::DESCRIPTORS);
            Ok(())
        }
        None => Err(RegisterError),
    }
}

/// The error of an effect that was registered after the catalogue was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the catalogue is already built: register effects at the start of `main`")]
pub struct RegisterError;

/// Returns all registered descriptors. Later registrations are errors.
pub(super) fn collect() -> (
    Vec<&'static EffectDescriptor>,
    Vec<&'static BoundaryDescriptor>,
) {
    let by_hand = BY_HAND
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let submitted = inventory::iter::<EffectRegistration>
        .into_iter()
        .map(|entry| entry.0);
    let effects = by_hand.into_iter().flatten().chain(submitted).collect();
    let boundaries = inventory::iter::<BoundaryRegistration>
        .into_iter()
        .map(|entry| entry.0);
    (effects, boundaries.collect())
}
