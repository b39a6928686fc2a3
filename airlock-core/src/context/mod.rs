//! The current context: what encloses the code that runs now on this thread.
//!
//! One thread-local pointer to the innermost node of an immutable linked list ([`node`]). Guards swap
//! it for a block of code ([`local`]); [`Bound`] swaps it around each poll of a future and around its
//! drop. [`Stage`] spares effects that enqueue nothing a scope of their own.

mod bound;
mod local;
mod node;
mod stage;

pub use self::bound::Bound;

pub(crate) use self::local::{
    Entered, Swap, Watch, current, enter, inspected, inspecting, lend_buffer, return_buffer, swap,
    watch, watching, with_plain_scope,
};
pub(crate) use self::node::{Kind, Node};
pub(crate) use self::stage::{Frame, Stage, scope_of};
