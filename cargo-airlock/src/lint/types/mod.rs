//! Types as they are declared, and their conversion from syntax.

mod collect;
mod declared;

use std::collections::HashMap;

use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, GenericParam, Generics, PathArguments, Token, Type, TypeParamBound,
    WherePredicate,
};

use crate::lint::functions::{Used, at, segments};
use crate::lint::names::{Imports, Names, Path};

pub(crate) use self::declared::{Declared, Owner, UNNAMED};

/// A declared type, without references and lifetimes.
#[derive(Clone, Debug, Default)]
pub(crate) enum Ty {
    /// A type that is not declared where the lint can read it.
    #[default]
    Unknown,
    /// A type or a trait with all its possible paths.
    Named(Vec<Path>, Vec<Ty>),
    /// A type parameter of the declaration that contains it.
    Parameter(String),
    Tuple(Vec<Ty>),
    /// A type that is known by its traits: `dyn A + B`, `impl A`, or a type parameter.
    Bounds(Vec<Ty>),
    /// A closure or a function pointer, with its parameters.
    Function(Vec<Ty>),
}

/// The type parameters in scope, by name.
pub(crate) type Parameters = HashMap<String, Ty>;

/// The context of a type in the source.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) names: &'a Names<'a>,
    pub(crate) module: &'a Path,
    /// The imports of the function around it.
    pub(crate) imports: &'a Imports,
    /// The type that `Self` refers to.
    pub(crate) owner: Option<&'a Ty>,
    pub(crate) parameters: &'a Parameters,
}

impl Ty {
    /// Returns a list of values of this type.
    pub(crate) fn list(self) -> Self {
        Self::Named(vec![vec!["Vec".to_owned()]], vec![self])
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Parameter(_))
    }

    /// Replaces the parameters of a declaration with arguments.
    pub(crate) fn with(&self, arguments: &Parameters) -> Self {
        let all = |types: &[Self]| types.iter().map(|ty| ty.with(arguments)).collect();
        match self {
            Self::Unknown => Self::Unknown,
            Self::Named(paths, types) => Self::Named(paths.clone(), all(types)),
            Self::Parameter(name) => arguments.get(name).cloned().unwrap_or_default(),
            Self::Tuple(types) => Self::Tuple(all(types)),
            Self::Bounds(types) => Self::Bounds(all(types)),
            Self::Function(types) => Self::Function(all(types)),
        }
    }
}

impl Place<'_> {
    /// Returns every possible meaning of a path.
    pub(crate) fn meanings(&self, path: Path) -> Vec<Path> {
        self.names.meanings(&Used {
            path,
            module: self.module.clone(),
            imports: self.imports.clone(),
            at: (0, 0),
            is_macro: false,
        })
    }

    /// Converts a type.
    pub(crate) fn ty(&self, ty: &Type) -> Ty {
        match ty {
            Type::Path(ty) if ty.qself.is_none() => self.path(&ty.path),
            Type::Reference(ty) => self.ty(&ty.elem),
            Type::Paren(ty) => self.ty(&ty.elem),
            Type::Group(ty) => self.ty(&ty.elem),
            Type::Slice(ty) => self.ty(&ty.elem).list(),
            Type::Array(ty) => self.ty(&ty.elem).list(),
            Type::Tuple(ty) => Ty::Tuple(ty.elems.iter().map(|ty| self.ty(ty)).collect()),
            Type::ImplTrait(ty) => self.bounds(&ty.bounds),
            Type::TraitObject(ty) => self.bounds(&ty.bounds),
            Type::FnPtr(ty) => {
                let inputs = ty.inputs.iter().map(|input| self.ty(&input.ty));
                Ty::Function(inputs.collect())
            }
            _ => Ty::Unknown,
        }
    }

    /// Converts the path of a type.
    pub(crate) fn path(&self, path: &syn::Path) -> Ty {
        let written = segments(path);
        if let [only] = written.as_slice() {
            if only == "Self" {
                return self.owner.cloned().unwrap_or_default();
            }
            if let Some(parameter) = self.parameters.get(only) {
                return parameter.clone();
            }
        }
        if written.first().is_some_and(|first| first == "Self") {
            return Ty::Unknown;
        }
        let arguments = path.segments.last().map(|last| &last.arguments);
        let arguments = match arguments {
            Some(PathArguments::AngleBracketed(list)) => list.args.iter(),
            _ => return Ty::Named(self.meanings(written), Vec::new()),
        };
        let types = arguments.filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(self.ty(ty)),
            _ => None,
        });
        Ty::Named(self.meanings(written), types.collect())
    }

    /// Converts bounds. `Fn(T)` is converted to a function, a future to its output, an iterator to a list.
    pub(crate) fn bounds(&self, bounds: &Punctuated<TypeParamBound, Token![+]>) -> Ty {
        let mut types = Vec::new();
        for bound in bounds {
            let TypeParamBound::Trait(bound) = bound else {
                continue;
            };
            let last = bound.path.segments.last().map(|last| &last.arguments);
            if let Some(PathArguments::Parenthesized(function)) = last {
                let inputs = function.inputs.iter().map(|input| self.ty(&input.ty));
                return Ty::Function(inputs.collect());
            }
            if let Some(PathArguments::AngleBracketed(list)) = last {
                for argument in &list.args {
                    match argument {
                        GenericArgument::AssocType(it) if it.ident == "Item" => {
                            return self.ty(&it.ty).list();
                        }
                        GenericArgument::AssocType(it)
                            if it.ident == "Output" || it.ident == "Target" =>
                        {
                            return self.ty(&it.ty);
                        }
                        _ => {}
                    }
                }
            }
            types.push(self.path(&bound.path));
        }
        Ty::Bounds(types)
    }

    /// Returns the type parameters of an item with their bounds or defaults, in their order.
    pub(crate) fn generics(&self, generics: &Generics) -> Vec<(String, Ty)> {
        let mut parameters = Vec::new();
        for parameter in &generics.params {
            let GenericParam::Type(parameter) = parameter else {
                continue;
            };
            let ty = match &parameter.default {
                Some((_, default)) => self.ty(default),
                None => self.bounds(&parameter.bounds),
            };
            parameters.push((parameter.ident.unraw().to_string(), ty));
        }
        let predicates = generics.where_clause.iter().flat_map(|it| &it.predicates);
        for predicate in predicates {
            let WherePredicate::Type(predicate) = predicate else {
                continue;
            };
            let Type::Path(bounded) = &predicate.bounded_ty else {
                continue;
            };
            let found = |(name, _): &&mut (String, Ty)| bounded.path.is_ident(name.as_str());
            let Some((_, ty)) = parameters.iter_mut().find(found) else {
                continue;
            };
            match (ty, self.bounds(&predicate.bounds)) {
                (Ty::Bounds(known), Ty::Bounds(more)) => known.extend(more),
                (ty, more) => *ty = more,
            }
        }
        parameters
    }

    /// Returns the path of a name in this place.
    pub(crate) fn used(&self, path: &syn::Path) -> Used {
        let mut written = segments(path);
        if let (Some("Self"), Some(Ty::Named(paths, _))) =
            (written.first().map(String::as_str), self.owner)
            && let Some(owner) = paths.first()
        {
            let absolute = ["crate".to_owned()].into_iter();
            written.splice(..1, absolute.chain(owner.iter().skip(1).cloned()));
        }
        Used {
            path: written,
            module: self.module.clone(),
            imports: self.imports.clone(),
            at: at(path),
            is_macro: false,
        }
    }
}
