//! The functions of the workspace, and the names that each uses.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Attribute, Block, ImplItem, Item, Signature, TraitItem, Type};

use crate::lint::guards::HeldGuard;
use crate::lint::liveness::held;
use crate::lint::macros::Body;
use crate::lint::names::{Imports, Names, Path};
use crate::lint::source::{Module, Sources, is_for_tests};

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
    /// The methods that it calls, with their positions.
    pub(crate) methods: Vec<(String, (usize, usize))>,
    /// Possible guards of airlock that it holds across an await.
    pub(crate) held: Vec<HeldGuard>,
}

/// The role of a function in the lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// An ordinary function.
    Function,
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
}

/// Returns all functions of the workspace.
pub(crate) fn functions(sources: &Sources, names: &Names<'_>) -> Vec<Function> {
    let mut found = Vec::new();
    for module in &sources.modules {
        let mut collect = Collect {
            module,
            names,
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
    found: &'a mut Vec<Function>,
}

impl Collect<'_> {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Fn(item) => {
                let role = role(&item.attrs, Role::Function);
                let path = self.path(&[item.sig.ident.unraw().to_string()]);
                self.add(path, role, None, |seen| seen.visit_item_fn(item));
            }
            Item::Impl(item) if !is_for_tests(&item.attrs) => {
                let owner = self.owner(&item.self_ty);
                for method in &item.items {
                    if let ImplItem::Fn(method) = method {
                        let name = method.sig.ident.unraw().to_string();
                        let path = owner.iter().cloned().chain([name]).collect();
                        let role = role(&method.attrs, Role::Method);
                        self.add(path, role, Some(&owner), |seen| {
                            seen.visit_impl_item_fn(method);
                        });
                    }
                }
            }
            Item::Trait(item) if !is_for_tests(&item.attrs) => {
                let owner = self.path(&[item.ident.unraw().to_string()]);
                for method in &item.items {
                    if let TraitItem::Fn(method) = method {
                        let name = method.sig.ident.unraw().to_string();
                        let path = owner.iter().cloned().chain([name]).collect();
                        let role = role(&method.attrs, Role::Method);
                        self.add(path, role, Some(&owner), |seen| {
                            seen.visit_trait_item_fn(method);
                        });
                    }
                }
            }
            Item::Struct(it) => self.other(&it.ident, &it.attrs, item),
            Item::Enum(it) => self.other(&it.ident, &it.attrs, item),
            Item::Const(it) => self.other(&it.ident, &it.attrs, item),
            Item::Static(it) => self.other(&it.ident, &it.attrs, item),
            Item::Type(it) => self.other(&it.ident, &it.attrs, item),
            _ => {}
        }
    }

    fn other(&mut self, ident: &syn::Ident, attrs: &[Attribute], item: &Item) {
        let path = self.path(&[ident.unraw().to_string()]);
        self.add(path, role(attrs, Role::Item), None, |seen| {
            seen.visit_item(item);
        });
    }

    fn path(&self, names: &[String]) -> Path {
        [self.module.path.as_slice(), names].concat()
    }

    /// Returns the path of the type of an `impl`, which may be defined in another module.
    fn owner(&self, ty: &Type) -> Path {
        let Type::Path(ty) = ty else {
            return self.path(&["_".to_owned()]);
        };
        let used = Used {
            path: segments(&ty.path),
            module: self.module.path.clone(),
            imports: Imports::default(),
            at: (0, 0),
        };
        let mut meanings = self.names.meanings(&used).into_iter();
        meanings.next().unwrap_or_else(|| self.path(&used.path))
    }

    fn add(
        &mut self,
        path: Path,
        role: Role,
        owner: Option<&Path>,
        visit: impl FnOnce(&mut Seen<'_>),
    ) {
        let mut seen = Seen {
            module: &self.module.path,
            owner,
            imports: Imports::default(),
            uses: Vec::new(),
            methods: Vec::new(),
            held: Vec::new(),
            depth: 0,
        };
        visit(&mut seen);
        let imports = seen.imports;
        let sources = seen.held.iter_mut().filter_map(HeldGuard::used);
        for used in seen.uses.iter_mut().chain(sources) {
            used.imports = imports.clone();
        }
        self.found.push(Function {
            path,
            file: self.module.file.clone(),
            role,
            uses: seen.uses,
            methods: seen.methods,
            held: seen.held,
        });
    }
}

fn role(attrs: &[Attribute], otherwise: Role) -> Role {
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

/// The names used within one function.
struct Seen<'a> {
    module: &'a Path,
    /// The path that `Self` refers to.
    owner: Option<&'a Path>,
    imports: Imports,
    uses: Vec<Used>,
    methods: Vec<(String, (usize, usize))>,
    held: Vec<HeldGuard>,
    /// The nesting depth. Functions within functions belong to the outer one.
    depth: usize,
}

impl<'ast> Visit<'ast> for Seen<'_> {
    fn visit_attribute(&mut self, _: &'ast Attribute) {
        // Names in attributes are not called here.
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if self.depth == 0 || role(&item.attrs, Role::Function) == Role::Function {
            self.depth += 1;
            self.holds(&item.sig, &item.block);
            syn::visit::visit_item_fn(self, item);
            self.depth -= 1;
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.holds(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.holds(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.imports.add(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut written = segments(path);
        if let (Some("Self"), Some(owner)) = (written.first().map(String::as_str), self.owner) {
            written.splice(
                ..1,
                ["crate".to_owned()]
                    .into_iter()
                    .chain(owner.iter().skip(1).cloned()),
            );
        }
        self.uses.push(Used {
            path: written,
            module: self.module.clone(),
            imports: Imports::default(),
            at: at(path),
        });
        syn::visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.methods
            .push((call.method.unraw().to_string(), at(&call.method)));
        syn::visit::visit_expr_method_call(self, call);
    }

    /// Visits the arguments of a macro. Most macros in functions take expressions or statements.
    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.visit_path(&item.path);
        // The parsed arguments do not outlive this call, so they need a separate visitor.
        let mut inner = self.within();
        match Body::from_macro(item) {
            Body::Expressions(expressions) => {
                expressions.iter().for_each(|it| inner.visit_expr(it));
            }
            Body::Statements(statements) => {
                statements.iter().for_each(|it| inner.visit_stmt(it));
            }
            Body::Branches(branches) => {
                for branch in &branches {
                    if let Some((pattern, future)) = &branch.future {
                        inner.visit_pat(pattern);
                        inner.visit_expr(future);
                    }
                    branch.condition.iter().for_each(|it| inner.visit_expr(it));
                    inner.visit_expr(&branch.handler);
                }
            }
            Body::Unknown => {}
        }
        let Seen {
            uses,
            methods,
            held,
            ..
        } = inner;
        self.uses.extend(uses);
        self.methods.extend(methods);
        self.held.extend(held);
    }
}

impl Seen<'_> {
    fn within(&self) -> Seen<'_> {
        Seen {
            module: self.module,
            owner: self.owner,
            imports: Imports::default(),
            uses: Vec::new(),
            methods: Vec::new(),
            held: Vec::new(),
            depth: self.depth,
        }
    }

    fn holds(&mut self, signature: &Signature, block: &Block) {
        self.held.extend(held(self.module, signature, block));
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
