//! The promises of the executor contract. Each is a function that panics if an executor breaks it.

mod accepting;
mod cancelling;
mod causing;
mod failing;
mod performing;

pub(super) use self::accepting::*;
pub(super) use self::cancelling::*;
pub(super) use self::causing::*;
pub(super) use self::failing::*;
pub(super) use self::performing::*;

use crate::testing::suite::Subject;

/// A function that creates the executor for one check.
type Make<'a> = &'a dyn Fn() -> Subject;
