//! `type` aliases and renaming imports in the types of arguments.
//!
//! A record holds a type as written. The source of the workspace tells what an alias stands for.

use std::collections::{BTreeSet, HashMap};

use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, GenericParam, Ident, Item, ItemType, PathArguments, Type, TypePath};

use crate::build::{Selection, Workspace};
use crate::catalogue::Catalogue;
use crate::contract::opaque::opaque_names;
use crate::contract::types::{segments, written};
use crate::lint::{Imports, Names, Sources, Used};
use crate::record::{Argument, Effect};

/// The maximum length of a chain of aliases.
const DEPTH: usize = 16;

/// The types of arguments that contain an alias, without it.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    /// By the module of the effect and the type as written.
    types: HashMap<(String, String), String>,
}

impl Aliases {
    /// Finds the aliases in a catalogue by reading the source of the workspace. Without one there are
    /// none: a built file may come from elsewhere.
    pub(crate) fn find(catalogue: &Catalogue, selection: &Selection) -> Self {
        let mut names = BTreeSet::new();
        for effect in &catalogue.effects {
            for argument in &effect.arguments {
                opaque_names(&argument.type_name, &mut names);
            }
        }
        if names.is_empty() {
            return Self::default();
        }
        let Ok(workspace) = Workspace::load(selection.options.manifest_path.as_deref()) else {
            return Self::default();
        };
        let members: Vec<_> = workspace.members().collect();
        Self::read(catalogue, &Sources::read(&workspace.root, &members))
    }

    fn read(catalogue: &Catalogue, sources: &Sources) -> Self {
        let resolver = Resolver::new(sources);
        let mut types = HashMap::new();
        for effect in &catalogue.effects {
            for argument in &effect.arguments {
                let Ok(mut ty) = syn::parse_str::<Type>(&argument.type_name) else {
                    continue;
                };
                resolver.resolve(&mut ty, &path(&effect.module), DEPTH);
                let key = (effect.module.clone(), argument.type_name.clone());
                types.insert(key, written(ty));
            }
        }
        Self { types }
    }

    /// Returns the type of an argument in its contract: without aliases and trailing commas.
    pub(super) fn type_of(&self, effect: &Effect, argument: &Argument) -> String {
        let key = (effect.module.clone(), argument.type_name.clone());
        match self.types.get(&key) {
            Some(resolved) => resolved.clone(),
            None => syn::parse_str(&argument.type_name)
                .map_or_else(|_| argument.type_name.clone(), written),
        }
    }
}

/// The segments of a module's path.
fn path(module: &str) -> Vec<String> {
    module
        .split("::")
        .map(|name| name.trim_start_matches("r#").to_owned())
        .collect()
}

/// The aliases of the workspace.
struct Resolver<'a> {
    names: Names<'a>,
    /// By path. `cfg` may select one of several.
    aliases: HashMap<Vec<String>, Vec<(&'a [String], &'a ItemType)>>,
}

impl<'a> Resolver<'a> {
    fn new(sources: &'a Sources) -> Self {
        use syn::ext::IdentExt;
        let mut aliases: HashMap<_, Vec<_>> = HashMap::new();
        for module in &sources.modules {
            for item in &module.items {
                if let Item::Type(alias) = item {
                    let name = alias.ident.unraw().to_string();
                    let path = [&*module.path, &[name]].concat();
                    let known = aliases.entry(path).or_default();
                    known.push((&*module.path, alias));
                }
            }
        }
        Self {
            names: Names::new(sources),
            aliases,
        }
    }

    /// Replaces the aliases in a type that is written in a module.
    fn resolve(&self, ty: &mut Type, module: &[String], depth: usize) {
        struct Replace<'a, 'b>(&'b Resolver<'a>, &'b [String], usize);

        impl VisitMut for Replace<'_, '_> {
            fn visit_type_mut(&mut self, ty: &mut Type) {
                let Self(resolver, module, depth) = *self;
                visit_mut::visit_type_mut(self, ty);
                if let Type::Path(path) = ty
                    && path.qself.is_none()
                    && depth > 0
                    && let Some(target) = resolver.target(path, module, depth)
                {
                    *ty = target;
                }
            }
        }

        Replace(self, module, depth).visit_type_mut(ty);
    }

    /// Returns the type that a path stands for, if it is an alias or a renaming import.
    fn target(&self, named: &TypePath, module: &[String], depth: usize) -> Option<Type> {
        let meanings = self.names.meanings(&Used {
            path: segments(&named.path),
            module: module.to_vec(),
            imports: Imports::default(),
            at: (1, 1),
            is_macro: false,
        });
        let found = meanings.iter().filter_map(|path| self.aliases.get(path));
        let targets: Vec<_> = found
            .flatten()
            .map(|&(module, alias)| {
                let mut ty = (*alias.ty).clone();
                self.resolve(&mut ty, module, depth - 1);
                Substitute::new(alias, named).visit_type_mut(&mut ty);
                ty
            })
            .collect();
        let texts: BTreeSet<_> = targets.iter().cloned().map(written).collect();
        match texts.len() {
            0 => {}
            1 => return targets.into_iter().next(),
            _ => return None, // `cfg` selects one of them.
        }
        let names: BTreeSet<_> = meanings.iter().filter_map(|path| path.last()).collect();
        let own = named.path.segments.last()?;
        let (Some(name), 1) = (names.first(), names.len()) else {
            return None;
        };
        if own.ident == name {
            return None;
        }
        let mut renamed = own.clone();
        renamed.ident = syn::parse_str::<Ident>(name).ok()?;
        Some(Type::Path(TypePath {
            path: syn::Path::from(renamed),
            ..named.clone()
        }))
    }
}

/// Replaces the parameters of an alias by the arguments of a type that names it.
struct Substitute(HashMap<String, Type>);

impl Substitute {
    fn new(alias: &ItemType, written: &TypePath) -> Self {
        let parameters = alias.generics.params.iter().filter_map(|it| match it {
            GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
            _ => None,
        });
        let last = written.path.segments.last();
        let arguments = match last.map(|last| &last.arguments) {
            Some(PathArguments::AngleBracketed(arguments)) => Some(&arguments.args),
            _ => None,
        };
        let arguments = arguments.into_iter().flatten().filter_map(|it| match it {
            GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        });
        Self(parameters.zip(arguments).collect())
    }
}

impl VisitMut for Substitute {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Path(path) = ty
            && let Some(name) = path.path.get_ident()
            && let Some(argument) = self.0.get(&name.to_string())
        {
            *ty = argument.clone();
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DEPTH, Resolver, path};
    use crate::contract::types::written;
    use crate::lint::Sources;

    #[track_caller]
    fn resolves(modules: &[(&str, &str)], ty: &str, expected: &str) {
        let sources = Sources::parsed(modules);
        let mut ty = syn::parse_str(ty).expect("it is a type");
        Resolver::new(&sources).resolve(&mut ty, &path(modules[0].0), DEPTH);
        assert_eq!(written(ty), expected);
    }

    #[test]
    fn an_alias_is_what_it_stands_for() {
        let own = "type Email = String; type Emails = Vec<Email>;";
        resolves(&[("shop", own)], "Option<Emails>", "Option<Vec<String>>");
        let imports = "use crate::types::Email; use crate::types as t;";
        let modules = [
            ("shop::orders", imports),
            ("shop", "mod orders; mod types;"),
            ("shop::types", "pub use other::Email; pub type Id = u64;"),
            ("other", "pub type Email = String;"),
        ];
        resolves(&modules, "Email", "String");
        resolves(&modules, "crate::types::Id", "u64");
        resolves(&modules, "(t::Id, super::types::Email)", "(u64, String)");
    }

    #[test]
    fn an_alias_may_be_generic() {
        let own = "type Pairs<T, U> = Vec<(T, U)>; type Email = String;";
        resolves(&[("shop", own)], "Pairs<Email, u16>", "Vec<(String, u16)>");
    }

    #[test]
    fn a_renamed_import_is_what_it_imports() {
        let own = "use crate::types::Address as Place;";
        resolves(&[("shop", own)], "Vec<Place>", "Vec<Address>");
    }

    #[test]
    fn what_is_unknown_stays_as_written() {
        resolves(&[("shop", "")], "Vec<a::Email>", "Vec<a::Email>");
        let two = "#[cfg(unix)] type Id = u32; #[cfg(not(unix))] type Id = u64;";
        resolves(&[("shop", two)], "Id", "Id");
        let same = "type Id = u32;"; // In the library and in the binary of a package.
        resolves(&[("shop", same), ("shop", same)], "Id", "u32");
    }

    #[test]
    fn aliases_of_each_other_come_to_an_end() {
        let own = "type A = B; type B = A;";
        resolves(&[("shop", own)], "A", "A");
    }
}
