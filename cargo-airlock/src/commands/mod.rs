//! The subcommands, a file each.

pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod lock;
