//! Reads the declarations of the workspace.

use syn::ext::IdentExt;
use syn::{
    Attribute, Field, Fields, FnArg, ImplItem, Item, ItemImpl, ItemStruct, ItemTrait, ReturnType,
    Signature, TraitItem, Type,
};

use super::declared::{Callable, Declared, ImplType, Shape};
use super::{Parameters, Place, Ty};
use crate::lint::macros::statics;
use crate::lint::names::{Imports, Names, Path};
use crate::lint::source::{Sources, is_for_tests};

impl Declared {
    /// Reads all modules.
    pub(crate) fn new(sources: &Sources, names: &Names<'_>) -> Self {
        let mut declared = Self::default();
        let (imports, none) = (Imports::default(), Parameters::new());
        let place = |module| Place {
            names,
            module,
            imports: &imports,
            owner: None,
            parameters: &none,
        };
        // The types come first: a type of the workspace is preferred as the owner of an `impl`.
        for module in &sources.modules {
            for item in &module.items {
                declared.item(item, place(&module.path));
            }
        }
        for module in &sources.modules {
            for item in &module.items {
                match item {
                    Item::Impl(item) if !is_for_tests(&item.attrs) => {
                        declared.implementation(item, place(&module.path));
                    }
                    _ => {}
                }
            }
        }
        declared
    }

    fn item(&mut self, item: &Item, place: Place<'_>) {
        let path = |ident: &syn::Ident| [place.module.as_slice(), &[name(ident)]].concat();
        match item {
            Item::Struct(item) => {
                let path = path(&item.ident);
                let parameters = place.generics(&item.generics);
                if let Some(target) = derived_target(item) {
                    let own = own(&parameters);
                    let place = Place {
                        parameters: &own,
                        ..place
                    };
                    let target = ImplType {
                        arguments: parameters
                            .iter()
                            .map(|(name, _)| Ty::Parameter(name.clone()))
                            .collect(),
                        parameters: parameters.clone(),
                        ty: place.ty(target),
                    };
                    self.targets.insert(path.clone(), target);
                }
                self.shape(path, &item.fields, parameters, None, place);
            }
            Item::Enum(item) => {
                let parent = path(&item.ident);
                let parameters = place.generics(&item.generics);
                for variant in &item.variants {
                    let path = [parent.as_slice(), &[name(&variant.ident)]].concat();
                    let parent = Some(parent.clone());
                    self.shape(path, &variant.fields, parameters.clone(), parent, place);
                }
                let shape = Shape {
                    parameters,
                    ..Shape::default()
                };
                self.shapes.insert(parent, shape);
            }
            Item::Type(item) => {
                let parameters = place.generics(&item.generics);
                let own = own(&parameters);
                let place = Place {
                    parameters: &own,
                    ..place
                };
                let target = place.ty(&item.ty);
                self.aliases.insert(path(&item.ident), (parameters, target));
            }
            Item::Static(item) => drop(self.values.insert(path(&item.ident), place.ty(&item.ty))),
            Item::Const(item) => drop(self.values.insert(path(&item.ident), place.ty(&item.ty))),
            Item::Fn(item) => {
                self.signature(path(&item.sig.ident), &item.sig, &Context::new(place));
            }
            Item::Macro(item) => {
                let is_per_thread = item.mac.path.segments.last();
                let is_per_thread = is_per_thread.is_some_and(|it| it.ident == "thread_local");
                for found in statics(&item.mac) {
                    let ty = place.ty(&found.ty);
                    // `with` takes a closure, as the methods of containers do.
                    let ty = if is_per_thread { ty.list() } else { ty };
                    self.values.insert(path(&found.name), ty);
                }
            }
            Item::Trait(item) if !is_for_tests(&item.attrs) => {
                self.definition(path(&item.ident), item, place);
            }
            _ => {}
        }
    }

    fn shape(
        &mut self,
        path: Path,
        fields: &Fields,
        parameters: Vec<(String, Ty)>,
        parent: Option<Path>,
        place: Place<'_>,
    ) {
        let own = own(&parameters);
        let place = Place {
            parameters: &own,
            ..place
        };
        let fields = fields.iter().enumerate().map(|(index, field)| {
            let name = field.ident.as_ref().map_or(index.to_string(), name);
            (name, place.ty(&field.ty))
        });
        let fields = fields.collect();
        let shape = Shape {
            parameters,
            fields,
            parent,
        };
        self.shapes.insert(path, shape);
    }

    fn signature(&mut self, path: Path, signature: &Signature, context: &Context<'_>) {
        let mut parameters = context.place.parameters.clone();
        parameters.extend(context.place.generics(&signature.generics));
        let place = Place {
            parameters: &parameters,
            ..context.place
        };
        let inputs = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => Some(context.ty(place.ty(&input.ty))),
            FnArg::Receiver(_) => None,
        });
        let inputs = inputs.collect();
        let output = match &signature.output {
            ReturnType::Type(_, ty) => place.ty(ty),
            ReturnType::Default => Ty::Unknown,
        };
        let output = context.ty(output);
        self.signatures.insert(path, Callable { inputs, output });
    }

    fn definition(&mut self, path: Path, item: &ItemTrait, place: Place<'_>) {
        let owner = Ty::Named(vec![path.clone()], Vec::new());
        let place = Place {
            owner: Some(&owner),
            ..place
        };
        for method in &item.items {
            if let TraitItem::Fn(method) = method {
                let name = name(&method.sig.ident);
                let path = [&*path, &[name]].concat();
                self.signature(path, &method.sig, &Context::new(place));
            }
        }
        self.traits.insert(path);
    }

    fn implementation(&mut self, item: &ItemImpl, place: Place<'_>) {
        let parameters = place.generics(&item.generics);
        let own = own(&parameters);
        let place = Place {
            parameters: &own,
            ..place
        };
        let owner = self.owner(&item.self_ty, place);
        let ty = self.self_type(&item.self_ty, place);
        let place = Place {
            owner: Some(&ty),
            ..place
        };
        let arguments = match &ty {
            Ty::Named(_, arguments) => arguments.clone(),
            _ => Vec::new(),
        };
        let context = Context {
            place,
            parameters,
            arguments,
        };
        let implemented = item.trait_.as_ref();
        let implemented = implemented.map(|(path, _)| path.clone());
        for method in &item.items {
            match method {
                ImplItem::Fn(method) => {
                    let name = name(&method.sig.ident);
                    self.signature([&*owner, &[name]].concat(), &method.sig, &context);
                }
                ImplItem::Type(target) if target.ident == "Target" => {
                    let target = context.ty(place.ty(&target.ty));
                    self.targets.insert(owner.clone(), target);
                }
                _ => {}
            }
        }
        if let Some(Ty::Named(paths, _)) = implemented.map(|path| place.path(&path))
            && let Some(path) = paths.into_iter().find(|path| self.traits.contains(path))
        {
            let implementors = self.implementors.entry(path.clone()).or_default();
            implementors.push(owner.clone());
            self.implemented.entry(owner).or_default().push(path);
        }
    }
}

/// The context of the functions in an `impl`, in a trait or in a module.
struct Context<'a> {
    place: Place<'a>,
    parameters: Vec<(String, Ty)>,
    arguments: Vec<Ty>,
}

impl<'a> Context<'a> {
    fn new(place: Place<'a>) -> Self {
        Self {
            place,
            parameters: Vec::new(),
            arguments: Vec::new(),
        }
    }

    fn ty(&self, ty: Ty) -> ImplType {
        ImplType {
            parameters: self.parameters.clone(),
            arguments: self.arguments.clone(),
            ty,
        }
    }
}

/// Returns the type that a struct with `#[derive(Deref)]` dereferences to: the type of the field with
/// `#[deref]`, or of the first field.
fn derived_target(item: &ItemStruct) -> Option<&Type> {
    let is_deref = |attr: &Attribute| {
        let mut is_listed = false;
        if attr.path().is_ident("derive") {
            // An argument that cannot be parsed ends the list, and the names before it remain.
            let _ = attr.parse_nested_meta(|derived| {
                let last = derived.path.segments.last();
                is_listed |= last.is_some_and(|last| last.ident == "Deref");
                Ok(())
            });
        }
        is_listed
    };
    if !item.attrs.iter().any(is_deref) {
        return None;
    }
    let is_marked = |field: &&Field| field.attrs.iter().any(|it| it.path().is_ident("deref"));
    let mut fields = item.fields.iter();
    let marked = fields.clone().find(is_marked);
    marked.or_else(|| fields.next()).map(|field| &field.ty)
}

/// Maps each type parameter to itself.
fn own(parameters: &[(String, Ty)]) -> Parameters {
    let names = parameters.iter().map(|(name, _)| name);
    names
        .map(|name| (name.clone(), Ty::Parameter(name.clone())))
        .collect()
}

fn name(ident: &syn::Ident) -> String {
    ident.unraw().to_string()
}
