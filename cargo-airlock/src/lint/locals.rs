//! The types of local variables and expressions, as far as declarations tell them.

use syn::ext::IdentExt;
use syn::{Block, Expr, ExprCall, ExprClosure, ExprMethodCall, FnArg, Member, Signature, Stmt};

use crate::lint::functions::segments;
use crate::lint::names::Path;
use crate::lint::types::{Declared, Place, Ty};

/// Methods that return the value of a container.
const TAKE_OUT: &str = "unwrap expect unwrap_or unwrap_or_else unwrap_or_default lock read write \
    borrow borrow_mut get_or_init get_or_insert_with load get_unchecked";

/// Methods that return the same value in another form, on any type.
const SAME: &str = "as_ref as_mut as_deref as_deref_mut borrow borrow_mut by_ref clone cloned copied \
    deref deref_mut expect into into_inner lock to_owned unwrap unwrap_or_default upgrade";

/// Methods of containers and iterators that return a container of the same values.
const CONTAINERS: &str = "as_deref as_deref_mut as_mut as_ref by_ref chain clone cloned collect \
    copied cycle drain entry enumerate filter find first first_mut get get_mut get_or_try_init \
    inspect insert into_iter into_values iter iter_mut last last_mut max_by_key min_by_key next nth ok \
    ok_or ok_or_else or or_default or_else or_insert or_insert_with peek peekable pop pop_back \
    pop_front reduce remove replace rev skip skip_while step_by swap_remove take take_while try_lock \
    try_read try_write upgrade values values_mut";

/// Methods of containers and iterators that return a container of what a closure returns.
const MAPS: &str = "and_then filter_map flat_map map then";

/// The variables in scope.
#[derive(Clone)]
pub(super) struct Locals<'a> {
    pub(super) place: Place<'a>,
    pub(super) declared: &'a Declared,
    /// The innermost variable is the last one.
    pub(super) variables: Vec<(String, Ty)>,
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
            Expr::Index(it) if matches!(&*it.index, Expr::Range(_)) => self.ty(&it.expr),
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
        if let Some(element) = self.declared.element(&receiver) {
            if is_in(CONTAINERS, &name) {
                return receiver;
            }
            return match call.args.first() {
                Some(Expr::Closure(closure)) if is_in(MAPS, &name) => {
                    let value = self.returned(closure, &element);
                    let inner = self.declared.element(&value).filter(|_| name != "map");
                    inner.unwrap_or(value).list()
                }
                _ => Ty::Unknown,
            };
        }
        match self.declared.method_result(&receiver, &name) {
            Ty::Unknown if keeps_value(&name) => receiver,
            // `Client::builder().timeout(..).build()` returns a client.
            Ty::Unknown if name == "build" => self.built(&call.receiver).unwrap_or_default(),
            ty => ty,
        }
    }

    /// Returns the type that a closure returns for parameters of this type.
    fn returned(&self, closure: &ExprClosure, parameter: &Ty) -> Ty {
        let mut inner = self.clone();
        for input in &closure.inputs {
            inner.bind(input, parameter.clone());
        }
        inner.ty(&closure.body)
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

pub(super) fn member(member: &Member) -> String {
    match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

fn is_in(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|listed| listed == name)
}
