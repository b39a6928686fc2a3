//! Expressions, in the order of execution.

use syn::ext::IdentExt;
use syn::{Expr, ExprClosure, ExprIf, ExprMatch, ExprMethodCall, Macro, Member};

use super::bindings::{declares, is_unit};
use super::jumps::Ends;
use super::{Apart, Run, Value, Walk};
use crate::lint::functions::at;
use crate::lint::guards::Source;
use crate::lint::macros::Body;

/// The methods that end a guard, and `take`, which empties an `Option`.
const ENDS: [&str; 4] = ["discard", "exit", "flush", "take"];

/// The macros that await their arguments.
const AWAITING: [&str; 4] = ["join", "select", "select_biased", "try_join"];

/// The prefixes of methods whose result is no longer a builder.
const LEAVES: [&str; 3] = ["bind", "open", "run"];

/// The macros whose argument is the body of a separate future.
const BODIES: [&str; 2] = ["stream", "try_stream"];

/// The macros that do not return.
const PANICS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];

impl Walk<'_> {
    /// Walks an expression. If it is just a variable, the variable is moved.
    pub(super) fn value(&mut self, expression: &Expr) -> Value {
        if let Some(variable) = self.variable(expression) {
            return self.take(variable);
        }
        match expression {
            Expr::Assign(assign) => {
                let value = self.value(&assign.right);
                match self.variable(&assign.left) {
                    Some(variable) => self.give(variable, value),
                    None => drop(self.place(&assign.left)),
                }
                Value::default()
            }
            Expr::Async(it) => {
                self.apart(&Apart {
                    is_async: true,
                    is_move: it.capture.is_some(),
                    inputs: Vec::new(),
                    run: Run::Block(&it.block),
                });
                Value::default()
            }
            Expr::Await(it) => {
                self.value(&it.base);
                self.awaits(at(&it.await_token).0);
                Value::default()
            }
            Expr::Block(it) => match &it.label {
                Some(label) => self.labelled(label, |walk| walk.block(&it.block)),
                None => self.block(&it.block),
            },
            Expr::Break(it) => {
                if let Some(value) = &it.expr {
                    self.value(value);
                }
                self.breaks(it.label.as_ref());
                Value::default()
            }
            Expr::Call(call) => self.call(call),
            Expr::Closure(it) => {
                self.closure(it);
                Value::default()
            }
            Expr::Continue(it) => {
                self.continues(it.label.as_ref());
                Value::default()
            }
            Expr::Field(it) => {
                self.place(&it.base);
                Value::default()
            }
            Expr::ForLoop(it) => {
                self.value(&it.expr);
                self.repeated(it.label.as_ref(), Ends::ByItself, |walk| {
                    let outer = walk.names.len();
                    walk.bind(&it.pat, Value::default());
                    walk.block(&it.body);
                    walk.leave(outer);
                });
                Value::default()
            }
            Expr::Group(it) => self.value(&it.expr),
            Expr::If(it) => self.if_else(it),
            Expr::Index(it) => {
                self.place(&it.expr);
                self.value(&it.index);
                Value::default()
            }
            Expr::Let(it) => {
                self.scrutinee(&it.expr, &it.pat);
                Value::default()
            }
            Expr::Loop(it) => {
                self.repeated(it.label.as_ref(), Ends::ByBreak, |walk| {
                    walk.block(&it.body);
                });
                Value::default()
            }
            Expr::Match(it) => self.matches(it),
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Paren(it) => self.value(&it.expr),
            // A temporary borrowed by `let` lives as long as the variable.
            Expr::Reference(it) => self.place(&it.expr),
            Expr::Return(it) => {
                if let Some(value) = &it.expr {
                    self.value(value);
                }
                self.alive.clear();
                Value::default()
            }
            Expr::Array(it) => self.all(&it.elems),
            Expr::Tuple(it) => self.all(&it.elems),
            Expr::Try(it) => self.value(&it.expr),
            Expr::Unary(it) => {
                self.place(&it.expr);
                Value::default()
            }
            Expr::Unsafe(it) => self.block(&it.block),
            Expr::While(it) => {
                self.repeated(it.label.as_ref(), Ends::ByItself, |walk| {
                    let outer = walk.names.len();
                    walk.value(&it.cond);
                    walk.block(&it.body);
                    walk.leave(outer);
                });
                Value::default()
            }
            _ => {
                syn::visit::visit_expr(self, expression);
                Value::default()
            }
        }
    }

    /// Walks an expression that is borrowed or accessed. If it is just a variable, the variable
    /// stays.
    pub(super) fn place(&mut self, expression: &Expr) -> Value {
        match self.variable(expression) {
            Some(variable) => Value {
                source: self.variables[variable].clone(),
                ..Value::default()
            },
            None => self.value(expression),
        }
    }

    fn all<'a>(&mut self, expressions: impl IntoIterator<Item = &'a Expr>) -> Value {
        let mut value = Value::default();
        for expression in expressions {
            value.merge(self.value(expression));
        }
        value.source = None;
        value
    }

    fn call(&mut self, call: &syn::ExprCall) -> Value {
        let Expr::Path(function) = &*call.func else {
            self.value(&call.func);
            self.all(&call.args);
            return Value::default();
        };
        let given = self.all(&call.args);
        if function.path.is_ident("Some") {
            return given;
        }
        let source = Source::Call(self.used(&function.path), Vec::new());
        // The function may return a guard; its declaration tells.
        let guard = self.candidate(source.clone(), false, at(&function.path));
        Value {
            source: Some(source),
            guards: [guard].into(),
        }
    }

    /// Walks a closure, and returns the value that a sync closure returns.
    fn closure(&mut self, it: &ExprClosure) -> Value {
        self.apart(&Apart {
            is_async: it.asyncness.is_some(),
            is_move: it.capture.is_some(),
            inputs: it.inputs.iter().collect(),
            run: Run::Expression(&it.body),
        })
    }

    fn method_call(&mut self, call: &ExprMethodCall) -> Value {
        let receiver = self.place(&call.receiver);
        let mut given = Value::default();
        for argument in &call.args {
            given.merge(match argument {
                Expr::Closure(closure) => self.closure(closure),
                other => self.value(other),
            });
        }
        let method = call.method.unraw().to_string();
        if method == "then" || method == "then_some" {
            given.source = None;
            return given;
        }
        if ENDS.contains(&method.as_str())
            && let Some(variable) = self.variable(&call.receiver)
        {
            let taken = self.take(variable);
            return match method.as_str() {
                "take" => taken,
                _ => Value::default(),
            };
        }
        let is_bare = call.args.is_empty();
        if method == "scope" && is_bare && is_named_airlock(&call.receiver) {
            return Value::from(Source::Airlock);
        }
        let Some(source) = receiver.source else {
            return Value::default();
        };
        if method == "enter" && is_bare {
            let guard = self.candidate(source, true, at(&call.method));
            return Value {
                source: None,
                guards: [guard].into(),
            };
        }
        source.then(method).map(Value::from).unwrap_or_default()
    }

    fn if_else(&mut self, it: &ExprIf) -> Value {
        let (outer, bound) = (self.names.len(), self.variables.len());
        self.value(&it.cond);
        let alive = self.alive.clone();
        let mut value = self.block(&it.then_branch);
        self.leave(outer);
        let then = std::mem::replace(&mut self.alive, alive);
        // The variables of the condition do not exist in the `else` branch.
        self.alive.retain(|(holder, _)| *holder < bound);
        if let Some((_, otherwise)) = &it.else_branch {
            value.merge(self.value(otherwise));
        }
        self.alive.extend(then);
        value
    }

    fn matches(&mut self, it: &ExprMatch) -> Value {
        let on = match self.variable(&it.expr) {
            Some(_) => None,
            None => Some(self.value(&it.expr)),
        };
        let arms = it.arms.iter().map(|arm| {
            let on = on.clone();
            move |walk: &mut Self| {
                let outer = walk.names.len();
                match on {
                    Some(value) => walk.bind(&arm.pat, value),
                    None => walk.scrutinee(&it.expr, &arm.pat),
                }
                let value = walk.value(&arm.body);
                walk.leave(outer);
                value
            }
        });
        self.one_of(arms)
    }

    /// Matches an expression against a pattern, in `if let` and `match`.
    fn scrutinee(&mut self, expression: &Expr, pattern: &syn::Pat) {
        let value = match self.variable(expression) {
            Some(variable) if declares(pattern) => self.take(variable),
            // `None` and similar values hold no guard.
            Some(variable) if is_unit(pattern) => {
                self.alive.retain(|(holder, _)| *holder != variable);
                Value::default()
            }
            Some(_) => Value::default(),
            None => self.value(expression),
        };
        self.bind(pattern, value);
    }

    pub(super) fn mac(&mut self, item: &Macro) {
        let name = item.path.segments.last();
        let name = name.map(|segment| segment.ident.unraw().to_string());
        let is_one_of = |names: &[&str]| name.as_deref().is_some_and(|it| names.contains(&it));
        let body = Body::from_macro(item);
        if is_one_of(&BODIES) {
            self.apart(&Apart {
                is_async: true,
                is_move: true,
                inputs: Vec::new(),
                run: Run::Macro(&body),
            });
            return;
        }
        let line = at(&item.path).0;
        let awaits = self.is_async && is_one_of(&AWAITING);
        self.arguments(&body, awaits.then_some(line));
        if is_one_of(&PANICS) {
            self.alive.clear();
        }
    }
}

impl From<Source> for Value {
    fn from(source: Source) -> Self {
        Self {
            source: Some(source),
            ..Self::default()
        }
    }
}

impl Source {
    /// Returns the source after one more method call, if it may still be a builder.
    fn then(mut self, method: String) -> Option<Self> {
        if LEAVES.iter().any(|leaves| method.starts_with(leaves)) {
            return None;
        }
        if let Self::Call(_, methods) | Self::Type(_, methods) = &mut self {
            methods.push(method);
        }
        Some(self)
    }
}

/// Returns whether an expression is named `airlock`, such as `airlock` or `self.airlock`.
fn is_named_airlock(expression: &Expr) -> bool {
    match expression {
        Expr::Path(path) => path.path.is_ident("airlock"),
        Expr::Field(field) => matches!(&field.member, Member::Named(name) if name == "airlock"),
        Expr::Paren(inner) => is_named_airlock(&inner.expr),
        Expr::Reference(inner) => is_named_airlock(&inner.expr),
        Expr::MethodCall(call) => call.method == "airlock" && call.args.is_empty(),
        _ => false,
    }
}
