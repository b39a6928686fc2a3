//! The current context: the scopes, policies and airlocks around the code that runs on this thread.
//!
//! A thread owns a stack of frames ([`stack`], [`frame`]). A scoped future carries its own frames and puts them
//! on the stack for each poll ([`carried`]). Handles refer to the [`shared`] part of a scope. The policies,
//! executors and airlocks around code are an immutable list of [`place`]s. A guard owns its frame ([`entered`]).

mod carried;
mod effect;
mod entered;
mod exclusive;
mod frame;
mod head;
mod here;
mod mode;
mod place;
mod scoped_future;
mod shared;
mod stack;

pub use self::scoped_future::ScopedFuture;

pub(crate) use self::carried::Carried;
pub(crate) use self::effect::{OnStage, Stage, Standing};
pub(crate) use self::entered::{Context, Entered, GuardEntry};
pub(crate) use self::frame::{Frame, Parent};
pub(crate) use self::head::{Config, Head, Spec};
pub(crate) use self::here::{Beneath, Found, Here, beneath, has_origin, is_entered, is_in_scope};
pub(crate) use self::mode::{AfterLooking, inspected, inspecting, judging, mode, put_off};
pub(crate) use self::place::{Around, Declared, Emits, Place, PlaceKind, install};
pub(crate) use self::shared::{Phase, Shared};
pub(crate) use self::stack::{
    Building, Mode, Opened, around, current, handle_to, open, open_alike, open_for_future, recycle,
};
