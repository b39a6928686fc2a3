//! The invariants that are checked after each run.

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use crate::unwind::panic_message;

/// The return types of an invariant: `()` for one that panics if it does not hold, `bool`, or `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an invariant",
    note = "return a `bool` or a `Result<(), impl Display>`, or assert and return nothing"
)]
pub trait Holds {
    /// Converts the value into the result of the invariant.
    ///
    /// # Errors
    ///
    /// Returns a description of what is wrong if the invariant does not hold.
    fn holds(self) -> Result<(), String>;
}

impl Holds for () {
    fn holds(self) -> Result<(), String> {
        Ok(())
    }
}

impl Holds for bool {
    fn holds(self) -> Result<(), String> {
        match self {
            true => Ok(()),
            false => Err("it returned `false`".to_owned()),
        }
    }
}

impl<E: fmt::Display> Holds for Result<(), E> {
    fn holds(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

/// An invariant, and the location that added it.
pub(super) struct Invariant<'a, S> {
    pub(super) check: Box<Check<'a, S>>,
    pub(super) place: &'static Location<'static>,
}

type Check<'a, S> = dyn Fn(&S) -> Result<(), String> + 'a;

/// A violated invariant: what is wrong, and the location that added the invariant.
pub(super) struct Broken {
    pub(super) wrong: String,
    pub(super) place: &'static Location<'static>,
}

impl<S> Invariant<'_, S> {
    pub(super) fn ask(&self, state: &S) -> Result<(), Broken> {
        let checked = catch_unwind(AssertUnwindSafe(|| (self.check)(state)));
        let wrong = match checked {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(wrong)) => wrong,
            Err(panic) => panic_message(&*panic),
        };
        let place = self.place;
        Err(Broken { wrong, place })
    }
}
