//! The subcommands, a file each.

pub(crate) mod graph;
pub(crate) mod list;
pub(crate) mod lock;
