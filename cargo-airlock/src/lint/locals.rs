//! The types of local variables and expressions, as far as declarations tell them.

use syn::ext::IdentExt;
use syn::{Block, Expr, ExprCall, ExprMethodCall, FnArg, Member, Pat, Signature, Stmt};

use crate::lint::declared::Declared;
use crate::lint::functions::segments;
use crate::lint::names::Path;
use crate::lint::types::{Place, Ty};

/// Methods that return the value of a container.
const TAKE_OUT: &str = "unwrap expect unwrap_or unwrap_or_else unwrap_or_default lock read write \
    borrow borrow_mut get_or_init get_or_insert_with load get_unchecked";

/// Methods that return the same value in another form, on any type.
const SAME: &str = "as_ref as_mut as_deref as_deref_mut borrow borrow_mut by_ref clone cloned copied \
    deref deref_mut expect into into_inner lock to_owned unwrap unwrap_or_default upgrade";

/// The variables in scope.
#[derive(Clone)]
pub(super) struct Locals<'a> {
    pub(super) place: Place<'a>,
    pub(super) declared: &'a Declared,
    /// The innermost variable is the last one.
    variables: Vec<(String, Ty)>,
}

/// Returns whether a method returns the value that it is called on, in another form.
pub(super) fn keeps_value(method: &str) -> bool {
    is_in(SAME, method)
}

impl<'a> Locals<'a> {
    pub(super) fn new(place: Place<'a>, declared: &'a Declared) -> Self {
        let variables = Vec::new();
        Self {
            place,
            declared,
            variables,
        }
    }

    /// Returns the number of variables in scope, for [`leave`](Self::leave).
    pub(super) fn len(&self) -> usize {
        self.variables.len()
    }

    /// Removes the variables that were added after the first `outer`.
    pub(super) fn leave(&mut self, outer: usize) {
        self.variables.truncate(outer);
    }

    /// Adds the parameters of a function.
    pub(super) fn parameters(&mut self, signature: &Signature) {
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(_) => {
                    let owner = self.place.owner.cloned().unwrap_or_default();
                    self.variables.push(("self".to_owned(), owner));
                }
                FnArg::Typed(input) => self.bind(&input.pat, self.place.ty(&input.ty)),
            }
        }
    }

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

    /// Returns the type of an expression.
    pub(super) fn ty(&self, expression: &Expr) -> Ty {
        match expression {
            Expr::Paren(it) => self.ty(&it.expr),
            Expr::Group(it) => self.ty(&it.expr),
            Expr::Reference(it) => self.ty(&it.expr),
            Expr::Unary(it) => self.ty(&it.expr),
            Expr::Await(it) => self.ty(&it.base),
            Expr::Try(it) => {
                let ty = self.ty(&it.expr);
                self.declared.taken_out(&ty, "?").unwrap_or(ty)
            }
            Expr::Path(it) if it.qself.is_none() => self.named(&it.path),
            Expr::Field(it) => {
                let base = self.ty(&it.base);
                self.declared.field(&base, &member(&it.member))
            }
            Expr::Index(it) => {
                let ty = self.ty(&it.expr);
                self.declared.element(&ty).unwrap_or_default()
            }
            Expr::MethodCall(it) => self.method(it),
            Expr::Call(it) => self.call(it),
            Expr::Struct(it) => {
                let meanings = self.place.meanings(self.place.used(&it.path).path);
                let constructed = self.declared.constructed(&meanings, Vec::new());
                constructed.unwrap_or_else(|| self.place.path(&it.path))
            }
            Expr::Cast(it) => self.place.ty(&it.ty),
            Expr::Tuple(it) => Ty::Tuple(it.elems.iter().map(|it| self.ty(it)).collect()),
            Expr::Array(it) => it
                .elems
                .first()
                .map(|it| self.ty(it))
                .unwrap_or_default()
                .list(),
            Expr::Repeat(it) => self.ty(&it.expr).list(),
            Expr::Block(it) => self.block(&it.block),
            Expr::Async(it) => self.block(&it.block),
            Expr::If(it) => {
                let ty = self.block(&it.then_branch);
                match &it.else_branch {
                    Some((_, otherwise)) if ty.is_unknown() => self.ty(otherwise),
                    _ => ty,
                }
            }
            Expr::Match(it) => {
                let mut arms = it.arms.iter().map(|arm| self.ty(&arm.body));
                arms.find(|ty| !ty.is_unknown()).unwrap_or_default()
            }
            _ => Ty::Unknown,
        }
    }

    /// Returns the type of the last expression of a block.
    fn block(&self, block: &Block) -> Ty {
        let Some((Stmt::Expr(last, None), before)) = block.stmts.split_last() else {
            return Ty::Unknown;
        };
        let mut inner = self.clone();
        for statement in before {
            if let Stmt::Local(local) = statement {
                let value = local.init.as_ref().map(|init| inner.ty(&init.expr));
                inner.bind(&local.pat, value.unwrap_or_default());
            }
        }
        inner.ty(last)
    }

    fn named(&self, path: &syn::Path) -> Ty {
        if let Some(name) = path.get_ident() {
            let name = name.unraw().to_string();
            if let Some((_, ty)) = self.variables.iter().rev().find(|(it, _)| *it == name) {
                return ty.clone();
            }
        }
        let meanings = self.place.meanings(self.place.used(path).path);
        match self.declared.value(&meanings) {
            // A unit struct is a value of its type.
            Ty::Unknown => self
                .declared
                .constructed(&meanings, Vec::new())
                .unwrap_or_default(),
            ty => ty,
        }
    }

    fn method(&self, call: &ExprMethodCall) -> Ty {
        let name = call.method.unraw().to_string();
        let receiver = self.ty(&call.receiver);
        if is_in(TAKE_OUT, &name)
            && let Some(value) = self.declared.taken_out(&receiver, &name)
        {
            return value;
        }
        let receiver = self.declared.peel(receiver);
        if self.declared.element(&receiver).is_some() {
            // A container stays one: `.iter()`, `.as_ref()`, `.filter(..)`, `.get(..)`.
            return receiver;
        }
        match self.declared.method_result(&receiver, &name) {
            Ty::Unknown if keeps_value(&name) => receiver,
            // `Client::builder().timeout(..).build()` returns a client.
            Ty::Unknown if name == "build" => self.built(&call.receiver).unwrap_or_default(),
            ty => ty,
        }
    }

    fn built(&self, expression: &Expr) -> Option<Ty> {
        let Expr::Call(call) = root(expression) else {
            return None;
        };
        let ty = self.call(call);
        (!ty.is_unknown()).then_some(ty)
    }

    fn call(&self, call: &ExprCall) -> Ty {
        let Expr::Path(function) = &*call.func else {
            return Ty::Unknown;
        };
        let path = &function.path;
        let meanings = self.place.meanings(self.place.used(path).path);
        if let Some(result) = self.declared.result(&meanings) {
            return result;
        }
        if let Some(ty) = self.declared.constructed(&meanings, Vec::new()) {
            return ty;
        }
        let first = || call.args.first().map(|it| self.ty(it)).unwrap_or_default();
        let written = segments(path);
        match written.as_slice() {
            [only] if only == "Some" || only == "Ok" => {
                Ty::Named(vec![vec!["Option".to_owned()]], vec![first()])
            }
            [.., ty, function] if ty.starts_with(char::is_uppercase) => {
                let mut of_type = path.clone();
                of_type.segments.pop();
                match self.place.path(&of_type) {
                    Ty::Named(paths, arguments)
                        if arguments.is_empty() && self.declared.is_wrapper(&paths) =>
                    {
                        if function == "clone" {
                            first()
                        } else {
                            Ty::Named(paths, vec![first()])
                        }
                    }
                    // A type outside the workspace: most of its functions construct it.
                    Ty::Named(paths, _) if self.is_ours(&paths) => Ty::Unknown,
                    ty => ty,
                }
            }
            _ => Ty::Unknown,
        }
    }

    /// Returns whether a type is declared in the workspace.
    fn is_ours(&self, paths: &[Path]) -> bool {
        self.declared.constructed(paths, Vec::new()).is_some()
    }

    /// Returns the type of the values that a loop or a closure gets from an expression.
    pub(super) fn element(&self, expression: &Expr) -> Ty {
        let ty = self.ty(expression);
        self.declared.element(&ty).unwrap_or_default()
    }
}

/// Returns the expression at the start of a chain of method calls.
pub(super) fn root(expression: &Expr) -> &Expr {
    match expression {
        Expr::MethodCall(it) => root(&it.receiver),
        Expr::Await(it) => root(&it.base),
        Expr::Try(it) => root(&it.expr),
        Expr::Paren(it) => root(&it.expr),
        Expr::Reference(it) => root(&it.expr),
        other => other,
    }
}

fn member(member: &Member) -> String {
    match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

fn is_in(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|listed| listed == name)
}
