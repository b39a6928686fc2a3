//! Type-erased arguments of an intent, stored inline if they are small.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::effect::{BoxError, Effect, Keyed, Performing, Resources};
use crate::inline_box::{InlineBox, fits};
use crate::unwind::guarded;

/// The type-erased arguments of an intent, or nothing after they have been used.
///
/// Up to 48 bytes, and the tag of the `Option`, are stored inline. Larger arguments are boxed.
pub(crate) struct Payload(InlineBox<dyn Erased>);

impl Payload {
    /// Erases the type of the arguments.
    #[inline]
    pub(crate) fn new<E: Effect + Send>(intent: E) -> Self {
        let slot = Slot(Some(intent));
        // Decided at compile time, so that only one of the branches is compiled for each effect.
        if const { fits::<Slot<E>>() } {
            match InlineBox::new_stable(slot, |slot| slot as &dyn Erased) {
                Ok(small) => Self(small),
                Err(_) => unreachable!("its size was compared"),
            }
        } else {
            Self::boxed(Box::new(slot))
        }
    }

    /// Boxes arguments that are too large, or aligned too widely, to be stored inline.
    fn boxed(slot: Box<dyn Erased>) -> Self {
        Self::in_place(Boxed(slot))
    }

    fn in_place<T: Erased + 'static>(small: T) -> Self {
        match InlineBox::new_stable(small, |small| small as &dyn Erased) {
            Ok(value) => Self(value),
            Err(_) => unreachable!("it is a pointer or less"),
        }
    }

    /// Makes a placeholder for arguments that were moved out.
    pub(crate) fn gone() -> Self {
        Self::in_place(Gone)
    }

    #[inline]
    fn erased(&self) -> &dyn Erased {
        &*self.0
    }

    #[inline]
    fn erased_mut(&mut self) -> &mut dyn Erased {
        &mut *self.0
    }

    /// Returns whether the arguments are still there.
    #[inline]
    pub(crate) fn is_present(&self) -> bool {
        self.erased().get().is_some()
    }

    /// Returns the arguments, if they are still there.
    pub(crate) fn get(&self) -> Option<&dyn Any> {
        self.erased().get()
    }

    /// Takes the arguments, if they are still there and of this type.
    pub(crate) fn take<E: Effect>(&mut self) -> Option<E> {
        self.erased_mut().slot().downcast_mut::<Slot<E>>()?.0.take()
    }

    /// Computes the key. Runs the `key` expression, which may panic.
    pub(crate) fn keyed(&self) -> Keyed {
        self.erased().keyed()
    }

    /// Clones the arguments, unless the effect is declared `once` or they are gone.
    pub(crate) fn duplicate(&self) -> Option<Self> {
        self.erased().duplicate()
    }

    /// Replaces the body, keeping the arguments.
    pub(crate) fn stubbed(self, body: Stub) -> Self {
        Self::in_place(Box::new(Stubbed {
            arguments: self,
            body,
        }))
    }

    /// Returns whether the body was replaced.
    pub(crate) fn is_stubbed(&self) -> bool {
        self.erased().is_stubbed()
    }

    /// Drops the arguments, if they are still there. A panic of a destructor is logged, so that the flush can still
    /// report.
    pub(crate) fn discard(&mut self) {
        if self.is_present() {
            let erased = self.erased_mut();
            guarded("a destructor of an effect's arguments", || erased.discard());
        }
    }

    /// Starts the body. The arguments stay here if a failure may need them again: see [`keeps`].
    #[inline]
    pub(crate) fn perform<'r>(&mut self, resources: &'r Resources) -> Performing<'r> {
        self.erased_mut().perform(resources)
    }

    /// Starts the body of a batch effect once, for this intent and `rest`, which are of the same effect.
    pub(crate) fn perform_batch<'r>(
        &mut self,
        rest: &mut [&mut Payload],
        resources: &'r Resources,
    ) -> Performing<'r> {
        self.erased_mut().perform_batch(rest, resources)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.erased().fmt_arguments(f)
    }
}

/// Arguments behind a trait object.
pub(crate) trait Erased: Send {
    fn get(&self) -> Option<&dyn Any>;
    /// Returns the concrete type, for a downcast.
    fn slot(&mut self) -> &mut dyn Any;
    fn keyed(&self) -> Keyed;
    fn fmt_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn duplicate(&self) -> Option<Payload> {
        None
    }
    fn is_stubbed(&self) -> bool {
        false
    }
    /// Drops the arguments. May unwind.
    fn discard(&mut self);
    fn perform<'r>(&mut self, resources: &'r Resources) -> Performing<'r>;
    /// Starts one body for this intent and `rest`, which are of the same effect.
    fn perform_batch<'r>(
        &mut self,
        rest: &mut [&mut Payload],
        resources: &'r Resources,
    ) -> Performing<'r>;
}

/// The arguments in their own type. `None` after they have been used.
struct Slot<E>(Option<E>);

impl<E: Effect> Slot<E> {
    /// Returns the arguments for one attempt: a clone if they must stay, otherwise the originals.
    #[inline]
    fn attempt(&mut self) -> Option<E> {
        if const { keeps::<E>() }
            && let Some(duplicate) = self.0.as_ref()?.duplicate()
        {
            return Some(duplicate);
        }
        self.0.take()
    }
}

/// Returns whether each attempt gets a clone of the arguments, because a failure may need them again.
///
/// A sync body without an error type can only panic. For that rare case arguments are kept only if they have no
/// destructor, so that cloning them is cheap.
const fn keeps<E: Effect>() -> bool {
    let effect = E::DESCRIPTOR;
    effect.spec.fallible || effect.spec.is_async || !std::mem::needs_drop::<E>()
}

/// Compiled for each effect, so hundreds of times in a large program.
///
/// For that reason `if const` leaves out what an effect does not need, and code that does not depend on the type is
/// in functions outside of it.
impl<E: Effect + Send> Erased for Slot<E> {
    fn get(&self) -> Option<&dyn Any> {
        self.0.as_ref().map(|intent| intent as &dyn Any)
    }

    fn slot(&mut self) -> &mut dyn Any {
        self
    }

    fn keyed(&self) -> Keyed {
        if const { E::DESCRIPTOR.spec.key.is_none() } {
            return Keyed::None;
        }
        Keyed::new(self.0.as_ref().and_then(Effect::key))
    }

    fn fmt_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(intent) => intent.fmt(f),
            None => f.write_str(E::DESCRIPTOR.intent()),
        }
    }

    fn duplicate(&self) -> Option<Payload> {
        self.0.as_ref()?.duplicate().map(Payload::new)
    }

    fn discard(&mut self) {
        self.0 = None;
    }

    fn perform<'r>(&mut self, resources: &'r Resources) -> Performing<'r> {
        if const { !keeps::<E>() && !E::DESCRIPTOR.spec.resources.is_empty() }
            && let Err(missing) = resources.check(E::DESCRIPTOR)
        {
            // `attempt` would use the arguments up. Checked before, they can be handed back.
            return Performing::Ready(Err(missing.into()));
        }
        match self.attempt() {
            Some(intent) => intent.perform(resources),
            None => used_up(),
        }
    }

    fn perform_batch<'r>(
        &mut self,
        rest: &mut [&mut Payload],
        resources: &'r Resources,
    ) -> Performing<'r> {
        if const { !E::DESCRIPTOR.spec.batch } {
            return not_batch();
        }
        let Some(first) = self.attempt() else {
            return used_up();
        };
        let slots = rest
            .iter_mut()
            .filter_map(|payload| payload.erased_mut().slot().downcast_mut::<Self>());
        let rest = slots.filter_map(Slot::attempt);
        E::perform_batch(std::iter::once(first).chain(rest).collect(), resources)
    }
}

#[cold]
fn not_batch<'r>() -> Performing<'r> {
    Performing::Ready(Err("the effect is not declared `batch`".into()))
}

#[cold]
fn used_up<'r>() -> Performing<'r> {
    Performing::Ready(Err(
        "its arguments were consumed by an earlier attempt".into()
    ))
}

/// Arguments that are too large, or aligned too widely, to be stored inline.
struct Boxed(Box<dyn Erased>);

impl Erased for Boxed {
    fn get(&self) -> Option<&dyn Any> {
        self.0.get()
    }

    fn slot(&mut self) -> &mut dyn Any {
        self.0.slot()
    }

    fn keyed(&self) -> Keyed {
        self.0.keyed()
    }

    fn fmt_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_arguments(f)
    }

    fn duplicate(&self) -> Option<Payload> {
        self.0.duplicate()
    }

    fn discard(&mut self) {
        self.0.discard();
    }

    fn perform<'r>(&mut self, resources: &'r Resources) -> Performing<'r> {
        self.0.perform(resources)
    }

    fn perform_batch<'r>(
        &mut self,
        rest: &mut [&mut Payload],
        resources: &'r Resources,
    ) -> Performing<'r> {
        self.0.perform_batch(rest, resources)
    }
}

/// A replacement for the body of an effect in a test.
pub(crate) type Stub = Arc<dyn Fn(&dyn Any) -> Result<(), BoxError> + Send + Sync>;

/// Arguments whose effect's body is replaced.
struct Stubbed {
    arguments: Payload,
    body: Stub,
}

impl Stubbed {
    /// Calls the replacement with the arguments, if they are still there.
    fn call(&self) -> Result<(), BoxError> {
        self.arguments.get().map_or(Ok(()), |it| (self.body)(it))
    }
}

impl Erased for Box<Stubbed> {
    fn get(&self) -> Option<&dyn Any> {
        self.arguments.get()
    }

    fn slot(&mut self) -> &mut dyn Any {
        self
    }

    fn keyed(&self) -> Keyed {
        self.arguments.keyed()
    }

    fn fmt_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.arguments, f)
    }

    fn is_stubbed(&self) -> bool {
        true
    }

    fn discard(&mut self) {
        self.arguments.discard();
    }

    fn perform<'r>(&mut self, _: &'r Resources) -> Performing<'r> {
        Performing::Ready(self.call())
    }

    fn perform_batch<'r>(&mut self, rest: &mut [&mut Payload], _: &'r Resources) -> Performing<'r> {
        let rest = rest.iter_mut().filter_map(|payload| {
            let stubbed = payload.erased_mut().slot().downcast_mut::<Self>()?;
            Some(stubbed.call())
        });
        // `fold` calls the stub for each intent, also after one has failed: the body would get all of them.
        let ended = rest.fold(self.call(), Result::and);
        Performing::Ready(ended)
    }
}

/// A placeholder for arguments that were moved out.
struct Gone;

impl Erased for Gone {
    fn get(&self) -> Option<&dyn Any> {
        None
    }

    fn slot(&mut self) -> &mut dyn Any {
        self
    }

    fn keyed(&self) -> Keyed {
        Keyed::None
    }

    fn fmt_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }

    fn discard(&mut self) {}

    fn perform<'r>(&mut self, _: &'r Resources) -> Performing<'r> {
        used_up()
    }

    fn perform_batch<'r>(&mut self, _: &mut [&mut Payload], _: &'r Resources) -> Performing<'r> {
        used_up()
    }
}
