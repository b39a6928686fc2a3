//! The declarations that give values a type: fields, aliases, signatures, statics and `impl`s.

use std::collections::{HashMap, HashSet};

use syn::Type;

use super::{Parameters, Place, Ty};
use crate::lint::names::Path;

/// The maximum length of a chain of aliases, smart pointers and `Deref`s.
const DEPTH: usize = 16;

/// Types that dereference to their first argument. The extractors of axum and actix-web do too.
/// [`LOCK_RESULT`] is either a guard or a result that contains one.
const POINTERS: &str = "LockResult Arc Rc Box Pin Cow MutexGuard OwnedMutexGuard RwLockReadGuard \
    RwLockWriteGuard Ref RefMut LazyLock LazyCell Lazy State Data Extension Json Path Query Form";

/// The name of types that have none in the paths of methods, such as `T` in `impl<T> Alert for T`.
pub(crate) const UNNAMED: &str = "_";

/// The name of the type that `lock`, `read` and `write` return.
const LOCK_RESULT: &str = "LockResult";

/// Types that contain values of one type. Maps contain values of their second argument.
const CONTAINERS: &str = "Option Result Vec VecDeque HashSet BTreeSet Mutex RwLock RefCell Cell \
    OnceCell OnceLock Weak ArcSwap ArcSwapOption HashMap BTreeMap IndexMap DashMap";

/// The declarations of the workspace, by path.
#[derive(Default)]
pub(crate) struct Declared {
    /// Structs and variants of enums.
    pub(super) shapes: HashMap<Path, Shape>,
    pub(super) aliases: HashMap<Path, (Vec<(String, Ty)>, Ty)>,
    pub(super) signatures: HashMap<Path, Callable>,
    /// Statics and constants.
    pub(super) values: HashMap<Path, Ty>,
    /// The types that implement each trait.
    pub(super) implementors: HashMap<Path, Vec<Path>>,
    /// The traits that each type implements.
    pub(super) implemented: HashMap<Path, Vec<Path>>,
    pub(super) traits: HashSet<Path>,
    /// The targets of `impl Deref`.
    pub(super) targets: HashMap<Path, ImplType>,
}

/// The signature of a function or a method.
pub(super) struct Callable {
    /// The parameters without `self`.
    pub(super) inputs: Vec<ImplType>,
    pub(super) output: ImplType,
}

/// A type in an `impl`, which may name the type parameters of the `impl`.
#[derive(Default)]
pub(super) struct ImplType {
    /// The type parameters of the `impl`, with their bounds.
    pub(super) parameters: Vec<(String, Ty)>,
    /// The arguments of the type of the `impl`.
    pub(super) arguments: Vec<Ty>,
    pub(super) ty: Ty,
}

/// A struct or a variant.
#[derive(Default)]
pub(super) struct Shape {
    pub(super) parameters: Vec<(String, Ty)>,
    pub(super) fields: HashMap<String, Ty>,
    /// The enum, if it is a variant.
    pub(super) parent: Option<Path>,
}

/// A type or trait whose method a call may run.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) path: Path,
    /// The arguments of the type.
    arguments: Vec<Ty>,
    /// `true` if the call is dispatched by a trait, to one of several types.
    pub(crate) is_dispatched: bool,
}

impl Declared {
    /// Returns the path of the type of an `impl`, which may be defined in another module.
    pub(crate) fn owner(&self, ty: &Type, place: Place<'_>) -> Path {
        let unnamed = || [place.module.as_slice(), &[UNNAMED.to_owned()]].concat();
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
                        Some(target) => ty = self.peel(target.of(arguments)),
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
        let found = paths.iter().find_map(|path| self.signatures.get(path));
        found.map(|signature| signature.output.of(&[]))
    }

    /// Returns the types of the parameters of a function.
    pub(crate) fn inputs(&self, paths: &[Path]) -> Vec<Ty> {
        let found = paths.iter().find_map(|path| self.signatures.get(path));
        let inputs = found.into_iter().flat_map(|signature| &signature.inputs);
        inputs.map(|input| input.of(&[])).collect()
    }

    /// Returns the type that a method of this type returns.
    pub(crate) fn method_result(&self, ty: &Ty, method: &str) -> Ty {
        let found = self.method(ty, method);
        found
            .map(|(it, owner)| it.output.of(&owner.arguments))
            .unwrap_or_default()
    }

    /// Returns the types of the parameters of a method of this type, without `self`.
    pub(crate) fn method_inputs(&self, ty: &Ty, method: &str) -> Vec<Ty> {
        let Some((signature, owner)) = self.method(ty, method) else {
            return Vec::new();
        };
        let inputs = signature.inputs.iter();
        inputs.map(|input| input.of(&owner.arguments)).collect()
    }

    fn method(&self, ty: &Ty, method: &str) -> Option<(&Callable, Owner)> {
        self.owners(ty).into_iter().find_map(|owner| {
            let path = [owner.path.as_slice(), &[method.to_owned()]].concat();
            Some((self.signatures.get(&path)?, owner))
        })
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
        match self.peel(ty.clone()) {
            Ty::Named(paths, arguments) => {
                let mut add = |path: &Path, is_dispatched| {
                    owners.push(Owner {
                        path: path.clone(),
                        arguments: arguments.clone(),
                        is_dispatched,
                    });
                };
                for path in &paths {
                    add(path, false);
                    let implemented = self.implemented.get(path).into_iter().flatten();
                    implemented.for_each(|path| add(path, false));
                    let implementors = self.implementors.get(path).into_iter().flatten();
                    implementors.for_each(|path| add(path, true));
                }
                for target in paths.iter().filter_map(|path| self.targets.get(path)) {
                    self.add_owners(&target.of(&arguments), depth, owners);
                }
            }
            Ty::Bounds(types) => {
                for ty in &types {
                    self.add_owners(ty, depth, owners);
                }
            }
            Ty::Unknown | Ty::Parameter(_) | Ty::Tuple(_) | Ty::Function(_) => {}
        }
    }

    /// Returns whether the methods of a type can be found by its owners alone.
    pub(crate) fn is_known(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Named(..) | Ty::Tuple(_) | Ty::Function(_) => true,
            Ty::Unknown | Ty::Parameter(_) => false,
            Ty::Bounds(_) => {
                let owners = self.owners(ty);
                owners.iter().any(|owner| self.traits.contains(&owner.path))
            }
        }
    }
}

impl ImplType {
    /// Returns the type if the type of the `impl` has these arguments.
    fn of(&self, actual: &[Ty]) -> Ty {
        let mut parameters: Parameters = self.parameters.iter().cloned().collect();
        for (declared, actual) in self.arguments.iter().zip(actual) {
            if let Ty::Parameter(name) = declared
                && !actual.is_unknown()
            {
                parameters.insert(name.clone(), actual.clone());
            }
        }
        self.ty.with(&parameters)
    }
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
