//! The names and methods that one function uses.

use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item, Macro, Pat, Signature};

use crate::lint::functions::{MethodCall, Role, Used, at, role};
use crate::lint::guards::HeldGuard;
use crate::lint::liveness::held;
use crate::lint::locals::{Locals, root};
use crate::lint::macros::Body;
use crate::lint::names::Imports;
use crate::lint::tokens::{self, Code};
use crate::lint::types::{Declared, Parameters, Place, Ty};

/// The uses that were found in a function.
#[derive(Default)]
pub(super) struct Found {
    pub(super) uses: Vec<Used>,
    pub(super) methods: Vec<MethodCall>,
    pub(super) scanned: Vec<String>,
    pub(super) held: Vec<HeldGuard>,
}

/// A walk over one function. Functions within it belong to it.
pub(super) struct Seen<'a> {
    pub(super) found: Found,
    locals: Locals<'a>,
    /// The types of the parameters of the next closure, unless it declares others.
    hint: Vec<Ty>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(place: Place<'a>, declared: &'a Declared) -> Self {
        Self {
            found: Found::default(),
            locals: Locals::new(place, declared),
            hint: Vec::new(),
        }
    }

    /// Walks a function or a method.
    pub(super) fn function(&mut self, signature: &Signature, block: &Block) {
        let imports = imports(block);
        let mut parameters = self.locals.place.parameters.clone();
        parameters.extend(self.locals.place.generics(&signature.generics));
        self.within(&imports, &parameters, |seen| seen.inner(signature, block));
    }

    /// Walks the signature of a method without a body.
    pub(super) fn signature(&mut self, signature: &Signature) {
        self.visit_signature(signature);
    }

    /// Walks a type, a constant or a static.
    pub(super) fn item(&mut self, item: &Item) {
        visit::visit_item(self, item);
    }

    /// Walks the right-hand sides of a `macro_rules!`.
    pub(super) fn rules(&mut self, definition: &Macro) {
        let code = tokens::rules(definition.tokens.clone());
        self.code(&code);
    }

    /// Walks a macro call outside of functions.
    pub(super) fn macro_call(&mut self, item: &Macro) {
        self.visit_macro(item);
    }

    /// Walks a function within the function. It does not see the variables around it.
    fn inner(&mut self, signature: &Signature, block: &Block) {
        let Place {
            imports,
            parameters,
            ..
        } = self.locals.place;
        self.within(imports, parameters, |seen| {
            seen.visit_signature(signature);
            seen.visit_block(block);
            seen.holds(signature, block);
        });
    }

    /// Walks something with its own imports and type parameters.
    fn within(
        &mut self,
        imports: &Imports,
        parameters: &Parameters,
        walk: impl FnOnce(&mut Seen<'_>),
    ) {
        let place = Place {
            imports,
            parameters,
            ..self.locals.place
        };
        let mut inner = Seen::new(place, self.locals.declared);
        inner.found = std::mem::take(&mut self.found);
        walk(&mut inner);
        self.found = inner.found;
    }

    fn holds(&mut self, signature: &Signature, block: &Block) {
        let mut guards = held(self.locals.place.module, signature, block);
        for used in guards.iter_mut().filter_map(HeldGuard::used) {
            used.imports = self.locals.place.imports.clone();
        }
        self.found.held.extend(guards);
    }

    /// Walks the arguments of a macro.
    fn arguments(&mut self, item: &Macro) {
        match Body::from_macro(item) {
            Body::Expressions(expressions) => {
                expressions.iter().for_each(|it| self.visit_expr(it));
            }
            Body::Statements(statements) => statements.iter().for_each(|it| self.visit_stmt(it)),
            Body::Branches(branches) => {
                for branch in &branches {
                    let outer = self.locals.len();
                    if let Some((pattern, future)) = &branch.future {
                        self.visit_expr(future);
                        self.visit_pat(pattern);
                        self.locals.bind(pattern, self.locals.ty(future));
                    }
                    branch.condition.iter().for_each(|it| self.visit_expr(it));
                    self.visit_expr(&branch.handler);
                    self.locals.leave(outer);
                }
            }
            Body::Unknown => {
                let code = tokens::code(item.tokens.clone());
                if code.is_scanned
                    && let Some(last) = item.path.segments.last()
                {
                    self.found.scanned.push(last.ident.unraw().to_string());
                }
                self.code(&code);
            }
        }
    }

    fn code(&mut self, code: &Code) {
        let outer = self.locals.len();
        code.statements.iter().for_each(|it| self.visit_stmt(it));
        self.locals.leave(outer);
        for (path, at) in &code.paths {
            self.found.uses.push(Used {
                path: path.clone(),
                module: self.locals.place.module.clone(),
                imports: self.locals.place.imports.clone(),
                at: *at,
                is_macro: false,
            });
        }
        for method in &code.methods {
            self.found.methods.push(MethodCall {
                name: method.unraw().to_string(),
                at: at(method),
                owners: Vec::new(),
                is_known: false,
                root: None,
            });
        }
    }

    /// Walks an argument of a call. The parameters of a closure have the types that the called
    /// function declares, or that of the values in a container whose method is called.
    fn argument(&mut self, argument: &Expr, input: Option<&Ty>, element: Option<&Ty>) {
        if let Expr::Closure(closure) = argument {
            let input = input.map(|input| self.locals.declared.peel(input.clone()));
            self.hint = match (input, element) {
                (Some(Ty::Function(types)), _) => types,
                (_, Some(element)) => vec![element.clone(); closure.inputs.len()],
                _ => Vec::new(),
            };
        }
        self.visit_expr(argument);
    }

    /// Walks a body with the variables of a pattern.
    fn with(&mut self, pattern: &Pat, ty: Ty, walk: impl FnOnce(&mut Self)) {
        let outer = self.locals.len();
        self.locals.bind(pattern, ty);
        self.visit_pat(pattern); // It may contain a guard that uses its variables.
        walk(self);
        self.locals.leave(outer);
    }
}

impl<'ast> Visit<'ast> for Seen<'_> {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {
        // Names in attributes are not called here.
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if role(&item.attrs, Role::Function) == Role::Function {
            self.inner(&item.sig, &item.block);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.inner(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        match &item.default {
            Some(block) => self.inner(&item.sig, block),
            None => self.signature(&item.sig),
        }
    }

    fn visit_item_use(&mut self, _: &'ast syn::ItemUse) {
        // `imports` has read them already.
    }

    fn visit_signature(&mut self, signature: &'ast Signature) {
        visit::visit_signature(self, signature);
        self.locals.parameters(signature);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let outer = self.locals.len();
        visit::visit_block(self, block);
        self.locals.leave(outer);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        visit::visit_local(self, local);
        let value = local.init.as_ref().map(|init| self.locals.ty(&init.expr));
        self.locals.bind(&local.pat, value.unwrap_or_default());
    }

    fn visit_expr_if(&mut self, expression: &'ast syn::ExprIf) {
        let outer = self.locals.len();
        self.visit_expr(&expression.cond);
        self.visit_block(&expression.then_branch);
        self.locals.leave(outer);
        if let Some((_, otherwise)) = &expression.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, expression: &'ast syn::ExprWhile) {
        let outer = self.locals.len();
        visit::visit_expr_while(self, expression);
        self.locals.leave(outer);
    }

    /// Adds the variables of `if let` and `while let` until the end of that expression.
    fn visit_expr_let(&mut self, expression: &'ast syn::ExprLet) {
        visit::visit_expr_let(self, expression);
        let ty = self.locals.ty(&expression.expr);
        self.locals.bind(&expression.pat, ty);
    }

    fn visit_expr_for_loop(&mut self, expression: &'ast syn::ExprForLoop) {
        self.visit_expr(&expression.expr);
        let element = self.locals.element(&expression.expr);
        self.with(&expression.pat, element, |seen| {
            seen.visit_block(&expression.body);
        });
    }

    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        self.visit_expr(&expression.expr);
        let ty = self.locals.ty(&expression.expr);
        for arm in &expression.arms {
            self.with(&arm.pat, ty.clone(), |seen| seen.visit_expr(&arm.body));
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let hint = std::mem::take(&mut self.hint);
        let outer = self.locals.len();
        closure.inputs.iter().for_each(|it| self.visit_pat(it));
        for (index, input) in closure.inputs.iter().enumerate() {
            let ty = hint.get(index).cloned();
            self.locals.bind(input, ty.unwrap_or_default());
        }
        self.visit_return_type(&closure.output);
        self.visit_expr(&closure.body);
        self.locals.leave(outer);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let used = self.locals.place.used(path);
        self.found.uses.push(used);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let declared = self.locals.declared;
        let receiver = declared.peel(self.locals.ty(&call.receiver));
        let element = declared.element(&receiver);
        let root = match root(&call.receiver) {
            Expr::Call(call) => match &*call.func {
                Expr::Path(function) => Some(self.locals.place.used(&function.path)),
                _ => None,
            },
            _ => None,
        };
        self.found.methods.push(MethodCall {
            name: call.method.unraw().to_string(),
            at: at(&call.method),
            owners: declared.owners(&receiver),
            is_known: declared.is_known(&receiver),
            root,
        });
        self.visit_expr(&call.receiver);
        if let Some(turbofish) = &call.turbofish {
            self.visit_angle_bracketed_generic_arguments(turbofish);
        }
        let inputs = declared.method_inputs(&receiver, &call.method.unraw().to_string());
        for (index, argument) in call.args.iter().enumerate() {
            self.argument(argument, inputs.get(index), element.as_ref());
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        self.visit_expr(&call.func);
        let inputs = match &*call.func {
            Expr::Path(function) => {
                let place = self.locals.place;
                let meanings = place.meanings(place.used(&function.path).path);
                self.locals.declared.inputs(&meanings)
            }
            _ => Vec::new(),
        };
        for (index, argument) in call.args.iter().enumerate() {
            self.argument(argument, inputs.get(index), None);
        }
    }

    fn visit_type_macro(&mut self, _: &'ast syn::TypeMacro) {
        // `Token![,]` calls nothing.
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        if item.path.is_ident("macro_rules") {
            return self.rules(item);
        }
        let mut used = self.locals.place.used(&item.path);
        used.is_macro = true;
        self.found.uses.push(used);
        self.arguments(item);
    }
}

/// Returns the imports in a block, those of inner functions included.
fn imports(block: &Block) -> Imports {
    struct Collect(Imports);
    impl<'ast> Visit<'ast> for Collect {
        fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
            self.0.add(&mut Vec::new(), &item.tree);
        }
    }
    let mut collect = Collect(Imports::default());
    collect.visit_block(block);
    collect.0
}
