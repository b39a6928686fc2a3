//! The criteria by which boundaries and effects are grouped.

use clap::ValueEnum;

use crate::record::{Boundary, Effect};

/// The criterion by which boundaries and effects are grouped into frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Grouping {
    /// The package that declares them
    #[default]
    Package,
    /// The module that declares them
    Module,
    /// The id of an effect, up to its last dot; for a boundary, the module
    Prefix,
}

impl Grouping {
    /// All criteria, in the order of the page.
    pub(crate) const ALL: [Self; 3] = [Self::Package, Self::Module, Self::Prefix];

    /// Returns the name of the criterion.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Module => "module",
            Self::Prefix => "prefix of the id",
        }
    }

    pub(super) fn of_boundary(self, boundary: &Boundary) -> &str {
        match self {
            Self::Package => &boundary.package,
            Self::Module | Self::Prefix => &boundary.module,
        }
    }

    pub(super) fn of_effect(self, effect: &Effect) -> &str {
        match self {
            Self::Package => &effect.package,
            Self::Module => &effect.module,
            Self::Prefix => effect.id.rsplit_once('.').map_or("", |(prefix, _)| prefix),
        }
    }
}
