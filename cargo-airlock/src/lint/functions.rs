//! The functions of the workspace, and the names that each uses.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, Item, ItemMacro, TraitItem};

use crate::lint::guards::HeldGuard;
use crate::lint::names::{Imports, Names, Path};
use crate::lint::seen::Seen;
use crate::lint::source::{Module, Sources, is_for_tests};
use crate::lint::types::{Declared, Owner, Parameters, Place, Ty};

/// A function, a method, or another item that uses names, such as a type with fields.
#[derive(Debug)]
pub(crate) struct Function {
    /// The path, such as `["shop", "orders", "Order", "process"]`.
    pub(crate) path: Path,
    /// The file, relative to the root of the workspace.
    pub(crate) file: String,
    /// The role of the item.
    pub(crate) role: Role,
    /// The paths that it names.
    pub(crate) uses: Vec<Used>,
    /// The methods that it calls.
    pub(crate) methods: Vec<MethodCall>,
    /// The macros whose arguments could only be scanned for paths.
    pub(crate) scanned: Vec<String>,
    /// Possible guards of airlock that it holds across an await.
    pub(crate) held: Vec<HeldGuard>,
}

/// The role of a function in the lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// An ordinary function.
    Function,
    /// A `macro_rules!`.
    Macro,
    /// A method, which may also be called by its name alone.
    Method,
    /// A type, constant or static.
    Item,
    /// The body of an effect, which may act.
    Effect,
    /// A test, or a function for tests.
    Test,
}

/// A path that is used somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    /// The path as written, with `Self` replaced.
    pub(crate) path: Path,
    /// The module that contains it.
    pub(crate) module: Path,
    /// The imports of the function itself.
    pub(crate) imports: Imports,
    /// The line and column, from 1.
    pub(crate) at: (usize, usize),
    /// `true` for the path of a macro.
    pub(crate) is_macro: bool,
}

/// A method call.
#[derive(Clone, Debug)]
pub(crate) struct MethodCall {
    pub(crate) name: String,
    /// The line and column, from 1.
    pub(crate) at: (usize, usize),
    /// The types and traits that may provide the method.
    pub(crate) owners: Vec<Owner>,
    /// `true` if no other type can provide it, because the type of the receiver is declared.
    pub(crate) is_known: bool,
    /// The function at the start of a chain of calls: `Client::new` of `Client::new().post(..)`.
    pub(crate) root: Option<Used>,
}

/// Returns all functions of the workspace.
pub(crate) fn functions(
    sources: &Sources,
    names: &Names<'_>,
    declared: &Declared,
) -> Vec<Function> {
    let mut found = Vec::new();
    for module in &sources.modules {
        let mut collect = Collect {
            module,
            names,
            declared,
            found: &mut found,
        };
        for item in &module.items {
            collect.item(item);
        }
    }
    found
}

struct Collect<'a> {
    module: &'a Module,
    names: &'a Names<'a>,
    declared: &'a Declared,
    found: &'a mut Vec<Function>,
}

impl Collect<'_> {
    fn item(&mut self, item: &Item) {
        let none = Parameters::new();
        match item {
            Item::Fn(item) => {
                let role = role(&item.attrs, Role::Function);
                let path = self.path(&item.sig.ident);
                self.add(path, role, None, &none, |seen| {
                    seen.function(&item.sig, &item.block);
                });
            }
            Item::Impl(item) if !is_for_tests(&item.attrs) => {
                let imports = Imports::default();
                let place = self.place(&imports, &none);
                let parameters = place.generics(&item.generics).into_iter().collect();
                let place = Place {
                    parameters: &parameters,
                    ..place
                };
                let ty = self.declared.self_type(&item.self_ty, place);
                let owner = self.declared.owner(&item.self_ty, place);
                for method in &item.items {
                    if let ImplItem::Fn(method) = method {
                        let path = joined(&owner, &method.sig.ident);
                        let role = role(&method.attrs, Role::Method);
                        self.add(path, role, Some(&ty), &parameters, |seen| {
                            seen.function(&method.sig, &method.block);
                        });
                    }
                }
            }
            Item::Trait(item) if !is_for_tests(&item.attrs) => {
                let owner = self.path(&item.ident);
                let ty = Ty::Named(vec![owner.clone()], Vec::new());
                for method in &item.items {
                    if let TraitItem::Fn(method) = method {
                        let path = joined(&owner, &method.sig.ident);
                        let role = role(&method.attrs, Role::Method);
                        self.add(path, role, Some(&ty), &none, |seen| match &method.default {
                            Some(block) => seen.function(&method.sig, block),
                            None => seen.signature(&method.sig),
                        });
                    }
                }
            }
            Item::Struct(it) => self.other(&it.ident, &it.attrs, item),
            Item::Enum(it) => self.other(&it.ident, &it.attrs, item),
            Item::Const(it) => self.other(&it.ident, &it.attrs, item),
            Item::Static(it) => self.other(&it.ident, &it.attrs, item),
            Item::Type(it) => self.other(&it.ident, &it.attrs, item),
            Item::Macro(item) => self.mac(item),
            _ => {}
        }
    }

    fn other(&mut self, ident: &syn::Ident, attrs: &[Attribute], item: &Item) {
        let path = self.path(ident);
        let none = Parameters::new();
        self.add(path, role(attrs, Role::Item), None, &none, |seen| {
            seen.item(item);
        });
    }

    /// Adds the definition of a macro, or the items and paths in the arguments of one.
    fn mac(&mut self, item: &ItemMacro) {
        let none = Parameters::new();
        if let Some(ident) = &item.ident {
            let path = self.path(ident);
            let role = role(&item.attrs, Role::Macro);
            return self.add(path, role, None, &none, |seen| seen.rules(&item.mac));
        }
        if let Ok(file) = item.mac.parse_body::<syn::File>() {
            return file.items.iter().for_each(|item| self.item(item));
        }
        if let Some(last) = item.mac.path.segments.last() {
            let path = self.path(&last.ident);
            let role = role(&item.attrs, Role::Item);
            self.add(path, role, None, &none, |seen| seen.macro_call(&item.mac));
        }
    }

    fn path(&self, ident: &syn::Ident) -> Path {
        joined(&self.module.path, ident)
    }

    fn place<'a>(&'a self, imports: &'a Imports, parameters: &'a Parameters) -> Place<'a> {
        Place {
            names: self.names,
            module: &self.module.path,
            imports,
            owner: None,
            parameters,
        }
    }

    fn add(
        &mut self,
        path: Path,
        role: Role,
        owner: Option<&Ty>,
        parameters: &Parameters,
        visit: impl FnOnce(&mut Seen<'_>),
    ) {
        let imports = Imports::default();
        let place = Place {
            owner,
            ..self.place(&imports, parameters)
        };
        let mut seen = Seen::new(place, self.declared);
        visit(&mut seen);
        let found = seen.found;
        self.found.push(Function {
            path,
            file: self.module.file.clone(),
            role,
            uses: found.uses,
            methods: found.methods,
            scanned: found.scanned,
            held: found.held,
        });
    }
}

fn joined(owner: &[String], ident: &syn::Ident) -> Path {
    [owner, &[ident.unraw().to_string()]].concat()
}

pub(super) fn role(attrs: &[Attribute], otherwise: Role) -> Role {
    let is_effect = |attr: &Attribute| {
        let last = attr.path().segments.last();
        last.is_some_and(|last| last.ident == "effect")
    };
    if is_for_tests(attrs) {
        Role::Test
    } else if attrs.iter().any(is_effect) {
        Role::Effect
    } else {
        otherwise
    }
}

pub(super) fn segments(path: &syn::Path) -> Path {
    let segments = path.segments.iter();
    segments
        .map(|segment| segment.ident.unraw().to_string())
        .collect()
}

pub(super) fn at(node: &impl Spanned) -> (usize, usize) {
    let start = node.span().start();
    (start.line, start.column + 1)
}
