//! Resources: values that bodies of effects need and intents must not carry.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::effect::{EffectDescriptor, ResourceNeed};

/// The resources of an airlock, by type.
#[derive(Clone, Default)]
pub struct Resources {
    by_type: HashMap<TypeId, Entry>,
    /// `true` for the defaults that apply if no airlock is installed or entered.
    without_airlock: bool,
}

#[derive(Clone)]
struct Entry {
    type_name: &'static str,
    /// An `Arc<T>` behind `Any`: `Any` needs a sized type, and `T` may be a trait object.
    value: Arc<dyn Any + Send + Sync>,
}

impl Entry {
    fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Option<&T> {
        self.value.downcast_ref::<Arc<T>>().map(AsRef::as_ref)
    }
}

impl Resources {
    /// Returns the empty resources of code outside of every airlock.
    pub(crate) fn without_airlock() -> Self {
        Self {
            without_airlock: true,
            ..Self::default()
        }
    }

    /// Supplies a resource. Returns whether it replaced one of the same type.
    pub(crate) fn insert<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) -> bool {
        let entry = Entry {
            type_name: type_name::<T>(),
            value: Arc::new(value),
        };
        self.by_type.insert(TypeId::of::<T>(), entry).is_some()
    }

    /// Returns the names of the resources that serve a need. There are several if the program supplied both a `T` and
    /// an `Arc<T>`, for example.
    pub(crate) fn serving(&self, need: &ResourceNeed) -> Vec<&'static str> {
        let ids = (need.forms)().into_iter();
        let entries = ids.filter_map(|id| self.by_type.get(&id));
        entries.map(|entry| entry.type_name).collect()
    }

    /// Checks that all resources of an effect are there.
    pub(crate) fn check(&self, effect: &'static EffectDescriptor) -> Result<(), MissingResource> {
        let mut needs = effect.resources().iter();
        match needs.find(|need| self.serving(need).is_empty()) {
            None => Ok(()),
            Some(need) => Err(MissingResource {
                effects: vec![effect],
                ..self.missing(need.type_path())
            }),
        }
    }

    /// Returns the resource of type `T`, which may be supplied as a `T`, an `Arc<T>` or a `Box<T>`.
    ///
    /// # Errors
    ///
    /// Returns [`MissingResource`] if none was supplied.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Result<&T, MissingResource> {
        self.find().ok_or_else(|| self.missing(type_name::<T>()))
    }

    fn find<T: ?Sized + Send + Sync + 'static>(&self) -> Option<&T> {
        if let Some(entry) = self.by_type.get(&TypeId::of::<T>()) {
            return entry.get();
        }
        // `.resource(Arc<dyn Mailer>)` supplies an `Arc`: `resource` cannot see through a type parameter.
        if let Some(entry) = self.by_type.get(&TypeId::of::<Arc<T>>()) {
            return entry.get::<Arc<T>>().map(AsRef::as_ref);
        }
        let entry = self.by_type.get(&TypeId::of::<Box<T>>())?;
        entry.get::<Box<T>>().map(AsRef::as_ref)
    }

    #[cold]
    fn missing(&self, type_name: &'static str) -> MissingResource {
        MissingResource {
            type_name,
            effects: Vec::new(),
            without_airlock: self.without_airlock,
        }
    }
}

/// Returns the types under which a resource for `&T` may be supplied.
pub(crate) fn forms<T: ?Sized + 'static>() -> [TypeId; 3] {
    [
        TypeId::of::<T>(),
        TypeId::of::<Arc<T>>(),
        TypeId::of::<Box<T>>(),
    ]
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.by_type.values().map(|entry| entry.type_name).collect();
        names.sort_unstable();
        f.debug_set().entries(names).finish()
    }
}

/// The error for a resource that an effect needs and nobody supplied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingResource {
    /// The path of the missing type.
    pub type_name: &'static str,
    /// The effects that need it.
    pub effects: Vec<&'static EffectDescriptor>,
    without_airlock: bool,
}

impl MissingResource {
    pub(crate) fn new(type_name: &'static str) -> Self {
        Self {
            type_name,
            effects: Vec::new(),
            without_airlock: false,
        }
    }

    /// Writes the type and the effects that need it, without how to supply it.
    pub(crate) fn write_need(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.type_name)?;
        for (number, effect) in self.effects.iter().enumerate() {
            let before = if number == 0 { ", needed by" } else { " and" };
            write!(f, "{before} `{}` at {}", effect.id(), effect.place())?;
        }
        Ok(())
    }
}

impl MissingResource {
    /// Writes the call that supplies it.
    pub(crate) fn write_call(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let type_name = self.type_name;
        match type_name.starts_with("dyn ") {
            true => write!(
                f,
                "supply it with `.resource(Arc::new(..) as Arc<{type_name}>)`"
            ),
            false => {
                f.write_str("supply it with `.resource(..)`, by value, in an `Arc` or in a `Box`")
            }
        }
    }
}

impl fmt::Display for MissingResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the resource ")?;
        self.write_need(f)?;
        f.write_str(" is missing: ")?;
        match self.without_airlock {
            true => f.write_str(
                "no airlock is installed here: call `.install()` on the one that your program builds, before the first scope opens, or run this code in it with `Airlock::run`",
            ),
            false => self.write_call(f),
        }
    }
}

impl std::error::Error for MissingResource {}
