//! The types of the variables in patterns.

use syn::Pat;
use syn::ext::IdentExt;

use crate::lint::locals::{Locals, member};
use crate::lint::types::Ty;

impl Locals<'_> {
    /// Adds the variables of a pattern that matches a value of this type.
    pub(super) fn bind(&mut self, pattern: &Pat, ty: Ty) {
        match pattern {
            Pat::Ident(pattern) => {
                self.variables.push((pattern.ident.unraw().to_string(), ty));
            }
            Pat::Type(pattern) => self.bind(&pattern.pat, self.place.ty(&pattern.ty)),
            Pat::Reference(pattern) => self.bind(&pattern.pat, ty),
            Pat::Paren(pattern) => self.bind(&pattern.pat, ty),
            Pat::Guard(pattern) => self.bind(&pattern.pat, ty),
            Pat::Or(pattern) => pattern
                .cases
                .iter()
                .for_each(|it| self.bind(it, ty.clone())),
            // `for (index, client) in clients.iter().enumerate()`, `for (key, client) in &map`.
            Pat::Tuple(pattern) if pattern.elems.len() == 2 && !self.is_tuple(&ty) => {
                self.bind(&pattern.elems[0], Ty::Unknown);
                self.bind(&pattern.elems[1], ty);
            }
            Pat::Tuple(pattern) => {
                for (index, pattern) in pattern.elems.iter().enumerate() {
                    let ty = self.declared.field(&ty, &index.to_string());
                    self.bind(pattern, ty);
                }
            }
            Pat::Slice(pattern) => {
                let element = self.declared.element(&ty).unwrap_or_default();
                for pattern in &pattern.elems {
                    self.bind(pattern, element.clone());
                }
            }
            Pat::TupleStruct(pattern) => {
                let fields = self.shape(&pattern.path, &ty);
                let wrapped = self.wrapped(&pattern.path, &ty);
                for (index, pattern) in pattern.elems.iter().enumerate() {
                    let field = fields.as_ref().map_or_else(
                        || wrapped.clone(),
                        |fields| self.declared.field(fields, &index.to_string()),
                    );
                    self.bind(pattern, field);
                }
            }
            Pat::Struct(pattern) => {
                let fields = self.shape(&pattern.path, &ty).unwrap_or_default();
                for field in &pattern.fields {
                    let ty = self.declared.field(&fields, &member(&field.member));
                    self.bind(&field.pat, ty);
                }
            }
            _ => {}
        }
    }

    fn is_tuple(&self, ty: &Ty) -> bool {
        matches!(self.declared.peel(ty.clone()), Ty::Tuple(_))
    }

    /// Returns the struct or variant of the workspace whose fields a pattern lists.
    fn shape(&self, path: &syn::Path, ty: &Ty) -> Option<Ty> {
        let meanings = self.place.meanings(self.place.used(path).path);
        self.declared.constructed(&meanings, Vec::new())?;
        let arguments = match self.declared.peel(ty.clone()) {
            Ty::Named(_, arguments) => arguments,
            _ => Vec::new(),
        };
        Some(Ty::Named(meanings, arguments))
    }

    /// Returns the type in `Some(..)`, `Ok(..)` and the patterns of extractors, such as `State(..)`.
    fn wrapped(&self, path: &syn::Path, ty: &Ty) -> Ty {
        let name = path
            .segments
            .last()
            .map(|last| last.ident.unraw().to_string());
        match (name.as_deref(), ty) {
            (Some(name @ ("Some" | "Ok")), ty) => {
                self.declared.taken_out(ty, name).unwrap_or_default()
            }
            (Some(name), Ty::Named(paths, arguments))
                if paths
                    .iter()
                    .any(|path| path.last().is_some_and(|last| last == name))
                    && self.declared.is_wrapper(paths) =>
            {
                arguments.first().cloned().unwrap_or_default()
            }
            _ => Ty::Unknown,
        }
    }
}
