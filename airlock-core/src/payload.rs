//! An intent's arguments with their type erased, stored in place when they are small.

use std::any::Any;
use std::fmt;

use stack_dst::Value;
use stack_dst::buffers::Ptr8;

use crate::effect::{Effect, Performing};
use crate::key::Key;
use crate::resources::Resources;

/// The erased arguments of an intent, or nothing once they have been used.
pub(crate) enum Payload {
    /// Up to 48 bytes of arguments and the mark that they are still there, in place.
    Small(Value<dyn Erased, Ptr8>),
    Large(Box<dyn Erased>),
}

impl Payload {
    pub(crate) fn of<E: Effect + Send>(intent: E) -> Self {
        let slot = Slot(Some(intent));
        if align_of::<Slot<E>>() > align_of::<usize>() {
            return Self::Large(Box::new(slot));
        }
        match Value::new_stable(slot, |slot| slot as &dyn Erased) {
            Ok(small) => Self::Small(small),
            Err(slot) => Self::Large(Box::new(slot)),
        }
    }

    /// What stays behind when the arguments moved elsewhere.
    pub(crate) fn gone() -> Self {
        Self::Large(Box::new(Gone)) // Of no size: nothing is allocated.
    }

    fn erased(&self) -> &dyn Erased {
        match self {
            Self::Small(payload) => &**payload,
            Self::Large(payload) => &**payload,
        }
    }

    fn erased_mut(&mut self) -> &mut dyn Erased {
        match self {
            Self::Small(payload) => &mut **payload,
            Self::Large(payload) => &mut **payload,
        }
    }

    pub(crate) fn is_present(&self) -> bool {
        self.erased().get().is_some()
    }

    pub(crate) fn get(&self) -> Option<&dyn Any> {
        self.erased().get()
    }

    pub(crate) fn take<E: Effect>(&mut self) -> Option<E> {
        self.erased_mut().slot().downcast_mut::<Slot<E>>()?.0.take()
    }

    pub(crate) fn key(&self) -> Option<Key> {
        self.erased().key()
    }

    /// Starts the body, once for this intent and `rest`, which are of the same effect.
    ///
    /// The arguments stay here where that is possible and worth it: see [`keeps`].
    pub(crate) fn perform<'r>(
        &mut self,
        rest: Vec<&mut Payload>,
        resources: &'r Resources,
    ) -> Performing<'r> {
        self.erased_mut().perform(rest, resources)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.erased().fmt_arguments(f)
    }
}

pub(crate) trait Erased: Send {
    fn get(&self) -> Option<&dyn Any>;
    fn slot(&mut self) -> &mut dyn Any;
    fn key(&self) -> Option<Key>;
    fn fmt_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn perform<'r>(&mut self, rest: Vec<&mut Payload>, resources: &'r Resources) -> Performing<'r>;
}

struct Slot<E>(Option<E>);

impl<E: Effect> Slot<E> {
    /// The arguments for one attempt: a duplicate if they must stay, otherwise they themselves.
    fn attempt(&mut self) -> Option<E> {
        let duplicate = match &self.0 {
            Some(intent) if keeps::<E>() => intent.duplicate(),
            _ => None,
        };
        duplicate.or_else(|| self.0.take())
    }
}

/// Whether a failure can need the arguments again. One that cannot return an error can still panic,
/// but then only arguments that are free to copy are kept: nobody pays for a clone without need.
fn keeps<E: Effect>() -> bool {
    E::DESCRIPTOR.is_fallible() || !std::mem::needs_drop::<E>()
}

impl<E: Effect + Send> Erased for Slot<E> {
    fn get(&self) -> Option<&dyn Any> {
        self.0.as_ref().map(|intent| intent as &dyn Any)
    }

    fn slot(&mut self) -> &mut dyn Any {
        self
    }

    fn key(&self) -> Option<Key> {
        self.0.as_ref().and_then(Effect::key)
    }

    fn fmt_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(intent) => intent.fmt(f),
            None => f.write_str(E::DESCRIPTOR.intent()),
        }
    }

    fn perform<'r>(&mut self, rest: Vec<&mut Payload>, resources: &'r Resources) -> Performing<'r> {
        let Some(first) = self.attempt() else {
            return Performing::Ready(Err(
                "its arguments were used up by an earlier attempt".into()
            ));
        };
        if rest.is_empty() {
            return first.perform(resources);
        }
        let slots = rest
            .into_iter()
            .filter_map(|payload| payload.erased_mut().slot().downcast_mut::<Self>());
        let rest = slots.filter_map(Slot::attempt);
        E::perform_batch(std::iter::once(first).chain(rest).collect(), resources)
    }
}

/// Arguments that moved elsewhere.
struct Gone;

impl Erased for Gone {
    fn get(&self) -> Option<&dyn Any> {
        None
    }

    fn slot(&mut self) -> &mut dyn Any {
        self
    }

    fn key(&self) -> Option<Key> {
        None
    }

    fn fmt_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }

    fn perform<'r>(&mut self, _: Vec<&mut Payload>, _: &'r Resources) -> Performing<'r> {
        Performing::Ready(Err("its arguments were handed over already".into()))
    }
}
