//! The subcommands, one per file.

pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod lock;
mod lock_file;
pub(crate) mod plan;
