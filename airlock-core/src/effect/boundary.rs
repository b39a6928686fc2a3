//! Descriptors of boundaries.

use std::fmt;

use crate::effect::{BoundarySpec, EffectDescriptor};

/// The declaration of a boundary: its entry in the catalogue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BoundaryDescriptor {
    pub(crate) spec: BoundarySpec,
}

impl BoundaryDescriptor {
    /// Makes a descriptor from the spec that a macro generates.
    #[doc(hidden)]
    pub const fn new(spec: BoundarySpec) -> Self {
        Self { spec }
    }

    /// Returns the attribute's `name`, or the name of the function.
    pub fn name(&self) -> &'static str {
        self.spec.name
    }

    /// Returns the package that declares it.
    pub fn package(&self) -> &'static str {
        self.spec.place.package
    }

    /// Returns the module that declares it.
    pub fn module(&self) -> &'static str {
        self.spec.place.module
    }

    /// Returns the file that declares it, as the path was passed to the compiler.
    pub fn file(&self) -> &'static str {
        self.spec.place.file
    }

    /// Returns the line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.spec.place.line
    }

    /// Returns its doc comment.
    pub fn docs(&self) -> &'static str {
        self.spec.docs
    }

    /// Returns the effects that may be enqueued in it, or `None` if it does not restrict them.
    pub fn emits(&self) -> Option<&'static [&'static EffectDescriptor]> {
        self.spec.emits
    }

    /// Returns whether its body is async.
    pub fn is_async(&self) -> bool {
        self.spec.is_async
    }

    /// Returns the `file:line` of the declaration.
    pub fn place(&self) -> String {
        format!("{}:{}", self.spec.place.file, self.spec.place.line)
    }
}

impl fmt::Debug for BoundaryDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "BoundaryDescriptor({} at {}:{})",
            self.spec.name, self.spec.place.file, self.spec.place.line
        )
    }
}
