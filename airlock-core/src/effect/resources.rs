//! Resources: values that bodies of effects need and intents must not carry.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::effect::ResourceNeed;

/// The resources supplied at start-up, by type.
#[derive(Clone, Default)]
pub struct Resources {
    by_type: HashMap<TypeId, Entry>,
}

#[derive(Clone)]
struct Entry {
    type_name: &'static str,
    /// An `Arc<T>` behind `Any`: `Any` needs a sized type, and `T` may be a trait object.
    value: Arc<dyn Any + Send + Sync>,
}

impl Resources {
    /// Supplies a resource. Replaces one of the same type.
    pub(crate) fn insert<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) {
        let entry = Entry {
            type_name: type_name::<T>(),
            value: Arc::new(value),
        };
        self.by_type.insert(TypeId::of::<T>(), entry);
    }

    pub(crate) fn contains(&self, id: TypeId) -> bool {
        self.by_type.contains_key(&id)
    }

    /// Checks that all these resources are there.
    pub(crate) fn check(&self, needs: &[ResourceNeed]) -> Result<(), MissingResource> {
        match needs
            .iter()
            .find(|need| !self.contains(ResourceNeed::type_id(need)))
        {
            None => Ok(()),
            Some(need) => Err(MissingResource {
                type_name: need.type_name(),
            }),
        }
    }

    /// Returns the resource of type `T`.
    ///
    /// # Errors
    ///
    /// Returns [`MissingResource`] if none was supplied.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Result<&T, MissingResource> {
        self.by_type
            .get(&TypeId::of::<T>())
            .and_then(|entry| entry.value.downcast_ref::<Arc<T>>())
            .map(AsRef::as_ref)
            .ok_or(MissingResource {
                type_name: type_name::<T>(),
            })
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.by_type.values().map(|entry| entry.type_name).collect();
        names.sort_unstable();
        f.debug_set().entries(names).finish()
    }
}

/// The error for a resource that an effect needs and nobody supplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the resource `{type_name}` is missing: supply it with `Airlock::builder().resource(..)`, then install or enter that airlock"
)]
pub struct MissingResource {
    /// The name of the missing type.
    pub type_name: &'static str,
}
