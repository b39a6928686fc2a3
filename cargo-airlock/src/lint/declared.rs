//! The declarations that give values a type: fields, aliases, signatures, statics and `impl`s.

use std::collections::{HashMap, HashSet};

use syn::ext::IdentExt;
use syn::{
    Attribute, Field, Fields, ImplItem, Item, ItemImpl, ItemStruct, ItemTrait, ReturnType,
    Signature, TraitItem, Type,
};

use crate::lint::macros::statics;
use crate::lint::names::{Imports, Names, Path};
use crate::lint::source::{Sources, is_for_tests};
use crate::lint::types::{Parameters, Place, Ty};

/// The maximum length of a chain of aliases, smart pointers and `Deref`s.
const DEPTH: usize = 16;

/// Types that dereference to their first argument. The extractors of axum and actix-web do too.
/// [`LOCK_RESULT`] is either a guard or a result that contains one.
const POINTERS: &str = "LockResult Arc Rc Box Pin Cow MutexGuard OwnedMutexGuard RwLockReadGuard \
    RwLockWriteGuard Ref RefMut LazyLock LazyCell Lazy State Data Extension Json Path Query Form";

/// The name of the type that `lock`, `read` and `write` return.
const LOCK_RESULT: &str = "LockResult";

/// Types that contain values of one type. Maps contain values of their second argument.
const CONTAINERS: &str = "Option Result Vec VecDeque HashSet BTreeSet Mutex RwLock RefCell Cell \
    OnceCell OnceLock Weak ArcSwap ArcSwapOption HashMap BTreeMap IndexMap DashMap";

/// The declarations of the workspace, by path.
#[derive(Default)]
pub(crate) struct Declared {
    /// Structs and variants of enums.
    shapes: HashMap<Path, Shape>,
    aliases: HashMap<Path, (Vec<(String, Ty)>, Ty)>,
    /// The types that functions and methods return.
    results: HashMap<Path, Ty>,
    /// Statics and constants.
    values: HashMap<Path, Ty>,
    /// The types that implement each trait.
    implementors: HashMap<Path, Vec<Path>>,
    /// The traits that each type implements.
    implemented: HashMap<Path, Vec<Path>>,
    traits: HashSet<Path>,
    /// The targets of `impl Deref`.
    targets: HashMap<Path, Ty>,
}

/// A struct or a variant.
#[derive(Default)]
struct Shape {
    parameters: Vec<(String, Ty)>,
    fields: HashMap<String, Ty>,
    /// The enum, if it is a variant.
    parent: Option<Path>,
}

/// A type or trait whose method a call may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) path: Path,
    /// `true` if the call is dispatched by a trait, to one of several types.
    pub(crate) is_dispatched: bool,
}

impl Declared {
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
                    self.targets.insert(path.clone(), place.ty(target));
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
            Item::Fn(item) => self.signature(path(&item.sig.ident), &item.sig, place),
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

    fn signature(&mut self, path: Path, signature: &Signature, place: Place<'_>) {
        if let ReturnType::Type(_, ty) = &signature.output {
            let mut parameters = place.parameters.clone();
            parameters.extend(place.generics(&signature.generics));
            let place = Place {
                parameters: &parameters,
                ..place
            };
            self.results.insert(path, place.ty(ty));
        }
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
                self.signature([&*path, &[name]].concat(), &method.sig, place);
            }
        }
        self.traits.insert(path);
    }

    fn implementation(&mut self, item: &ItemImpl, place: Place<'_>) {
        let parameters = place.generics(&item.generics).into_iter().collect();
        let place = Place {
            parameters: &parameters,
            ..place
        };
        let owner = self.owner(&item.self_ty, place);
        let ty = self.self_type(&item.self_ty, place);
        let place = Place {
            owner: Some(&ty),
            ..place
        };
        let implemented = item.trait_.as_ref();
        let implemented = implemented.map(|(path, _)| path.clone());
        for method in &item.items {
            match method {
                ImplItem::Fn(method) => {
                    let name = name(&method.sig.ident);
                    self.signature([&*owner, &[name]].concat(), &method.sig, place);
                }
                ImplItem::Type(target) if target.ident == "Target" => {
                    self.targets.insert(owner.clone(), place.ty(&target.ty));
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

    /// Returns the path of the type of an `impl`, which may be defined in another module.
    pub(crate) fn owner(&self, ty: &Type, place: Place<'_>) -> Path {
        let unnamed = || [place.module.as_slice(), &["_".to_owned()]].concat();
        match self.self_type(ty, place) {
            Ty::Named(paths, _) => paths.into_iter().next().unwrap_or_else(unnamed),
            _ => unnamed(),
        }
    }

    /// Returns the type of an `impl`. Its first path is declared in the workspace, if any is.
    pub(crate) fn self_type(&self, ty: &Type, place: Place<'_>) -> Ty {
        let mut ty = place.ty(ty);
        if let Ty::Named(paths, _) = &mut ty {
            let is_declared = |path: &Path| self.is_declared(path);
            let declared = paths.iter().position(is_declared);
            // A name that is not declared in its module is imported from an external crate.
            let elsewhere = || paths.iter().position(|it| !it.starts_with(place.module));
            if let Some(index) = declared.or_else(elsewhere) {
                paths.swap(0, index);
            }
        }
        ty
    }

    fn is_declared(&self, path: &[String]) -> bool {
        self.shapes.contains_key(path) || self.traits.contains(path)
    }

    /// Resolves aliases, and dereferences smart pointers.
    pub(crate) fn peel(&self, ty: Ty) -> Ty {
        let mut ty = ty;
        for _ in 0..DEPTH {
            let Ty::Named(paths, arguments) = &ty else {
                break;
            };
            if let Some((parameters, target)) = paths.iter().find_map(|it| self.aliases.get(it)) {
                ty = target.with(&filled(parameters, arguments));
            } else if let Some(inner) = arguments.first()
                && self.is_one_of(paths, POINTERS)
            {
                ty = inner.clone();
            } else {
                break;
            }
        }
        ty
    }

    fn is_one_of(&self, paths: &[Path], list: &str) -> bool {
        let mut last = paths.first().and_then(|path| path.last()).into_iter();
        last.any(|last| list.split_whitespace().any(|name| name == last))
            && !paths.iter().any(|path| self.is_declared(path))
    }

    /// Returns whether a type is a pointer or a container of its argument.
    pub(crate) fn is_wrapper(&self, paths: &[Path]) -> bool {
        self.is_one_of(paths, POINTERS) || self.is_one_of(paths, CONTAINERS)
    }

    /// Returns the type of the values in a container, `None` for any other type.
    pub(crate) fn element(&self, ty: &Ty) -> Option<Ty> {
        match self.peel(ty.clone()) {
            Ty::Named(paths, arguments) if self.is_one_of(&paths, CONTAINERS) => {
                let is_map = paths[0].last().is_some_and(|last| last.ends_with("Map"));
                Some(
                    arguments
                        .get(usize::from(is_map))
                        .cloned()
                        .unwrap_or_default(),
                )
            }
            _ => None,
        }
    }

    /// Returns the value in a container that a method such as `unwrap` or `lock` returns.
    pub(crate) fn taken_out(&self, ty: &Ty, method: &str) -> Option<Ty> {
        if let Ty::Named(paths, arguments) = ty
            && self.is_one_of(paths, LOCK_RESULT)
        {
            return arguments.first().cloned();
        }
        let element = self.element(ty)?;
        let is_lock = matches!(method, "lock" | "read" | "write");
        Some(if is_lock {
            Ty::Named(vec![vec![LOCK_RESULT.to_owned()]], vec![element])
        } else {
            element
        })
    }

    /// Returns the type of a field.
    pub(crate) fn field(&self, ty: &Ty, name: &str) -> Ty {
        let mut ty = self.peel(ty.clone());
        for _ in 0..DEPTH {
            match &ty {
                Ty::Tuple(types) => {
                    let index = name.parse().ok();
                    let found = index.and_then(|index: usize| types.get(index));
                    return found.cloned().unwrap_or_default();
                }
                Ty::Named(paths, arguments) => {
                    let mut shapes = paths.iter().filter_map(|path| self.shapes.get(path));
                    let found = shapes.find_map(|it| Some((it, it.fields.get(name)?)));
                    if let Some((shape, field)) = found {
                        return field.with(&filled(&shape.parameters, arguments));
                    }
                    match paths.iter().find_map(|path| self.targets.get(path)) {
                        Some(target) => ty = self.peel(target.clone()),
                        None => return Ty::Unknown,
                    }
                }
                _ => return Ty::Unknown,
            }
        }
        Ty::Unknown
    }

    /// Returns the type of a struct or of the enum of a variant, if a path names one.
    pub(crate) fn constructed(&self, paths: &[Path], arguments: Vec<Ty>) -> Option<Ty> {
        let named = |path: &Path| {
            let shape = self.shapes.get(path)?;
            Some(shape.parent.clone().unwrap_or_else(|| path.clone()))
        };
        let path = paths.iter().find_map(named)?;
        Some(Ty::Named(vec![path], arguments))
    }

    /// Returns the type of a static or a constant.
    pub(crate) fn value(&self, paths: &[Path]) -> Ty {
        let found = paths.iter().find_map(|path| self.values.get(path));
        found.cloned().unwrap_or_default()
    }

    /// Returns the type that a function of the workspace returns, `None` if there is none.
    pub(crate) fn result(&self, paths: &[Path]) -> Option<Ty> {
        let found = paths.iter().find_map(|path| self.results.get(path));
        found.cloned()
    }

    /// Returns the type that a method of this type returns.
    pub(crate) fn method_result(&self, ty: &Ty, method: &str) -> Ty {
        let owners = self.owners(ty).into_iter();
        let mut paths = owners.map(|owner| [owner.path, vec![method.to_owned()]].concat());
        let found = paths.find_map(|path| self.results.get(&path));
        found.cloned().unwrap_or_default()
    }

    /// Returns the types and traits whose methods a call on this type may run: itself, the traits
    /// that it implements, the types that implement it, and what it dereferences to.
    pub(crate) fn owners(&self, ty: &Ty) -> Vec<Owner> {
        let mut owners = Vec::new();
        self.add_owners(ty, DEPTH, &mut owners);
        owners
    }

    fn add_owners(&self, ty: &Ty, depth: usize, owners: &mut Vec<Owner>) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        let mut add = |path: &Path, is_dispatched| {
            let path = path.clone();
            owners.push(Owner {
                path,
                is_dispatched,
            });
        };
        match self.peel(ty.clone()) {
            Ty::Named(paths, _) => {
                for path in &paths {
                    add(path, false);
                    let implemented = self.implemented.get(path).into_iter().flatten();
                    implemented.for_each(|path| add(path, false));
                    let implementors = self.implementors.get(path).into_iter().flatten();
                    implementors.for_each(|path| add(path, true));
                }
                for target in paths.iter().filter_map(|path| self.targets.get(path)) {
                    self.add_owners(target, depth, owners);
                }
            }
            Ty::Bounds(types) => {
                for ty in &types {
                    self.add_owners(ty, depth, owners);
                }
            }
            Ty::Unknown | Ty::Parameter(_) | Ty::Tuple(_) => {}
        }
    }

    /// Returns whether the methods of a type can be found by its owners alone.
    pub(crate) fn is_known(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Named(..) | Ty::Tuple(_) => true,
            Ty::Unknown | Ty::Parameter(_) => false,
            Ty::Bounds(_) => {
                let owners = self.owners(ty);
                owners.iter().any(|owner| self.traits.contains(&owner.path))
            }
        }
    }
}

/// Returns the field that a struct with `#[derive(Deref)]` dereferences to: the one with `#[deref]`, or
/// the first one.
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

/// Returns parameters that stand for themselves.
fn own(parameters: &[(String, Ty)]) -> Parameters {
    let names = parameters.iter().map(|(name, _)| name);
    names
        .map(|name| (name.clone(), Ty::Parameter(name.clone())))
        .collect()
}

/// Returns the arguments of a type by the names of its parameters. Missing arguments have their
/// defaults or bounds.
fn filled(parameters: &[(String, Ty)], arguments: &[Ty]) -> Parameters {
    let parameters = parameters.iter().enumerate();
    let filled = parameters.map(|(index, (name, otherwise))| {
        let ty = arguments.get(index).filter(|ty| !ty.is_unknown());
        (name.clone(), ty.unwrap_or(otherwise).clone())
    });
    filled.collect()
}

fn name(ident: &syn::Ident) -> String {
    ident.unraw().to_string()
}
