//! Variables, and the guards that are assigned to them.

use syn::ext::IdentExt;
use syn::{Expr, GenericArgument, Local, Pat, PathArguments, Type};

use super::{Candidate, Value, Variable, Walk};
use crate::lint::functions::at;
use crate::lint::guards::Source;

impl Walk<'_> {
    pub(super) fn local(&mut self, local: &Local) {
        let Some(init) = &local.init else {
            return self.bind(&local.pat, Value::default());
        };
        // `let _ = guard;` does not move the guard.
        if is_wild(&local.pat) {
            self.place(&init.expr);
            return;
        }
        if let (Pat::Tuple(pattern), Expr::Tuple(tuple)) = (&local.pat, &*init.expr)
            && pattern.elems.len() == tuple.elems.len()
            && !pattern.elems.iter().any(|it| matches!(it, Pat::Rest(_)))
        {
            let values: Vec<_> = tuple.elems.iter().map(|it| self.value(it)).collect();
            for (pattern, value) in pattern.elems.iter().zip(values) {
                self.bind(pattern, value);
            }
            return;
        }
        let value = self.value(&init.expr);
        if let Some((_, otherwise)) = &init.diverge {
            let alive = self.alive.clone();
            self.value(otherwise);
            self.alive = alive;
        }
        self.bind(&local.pat, value);
    }

    /// Declares the names of a pattern. The first one receives the guards.
    pub(super) fn bind(&mut self, pattern: &Pat, mut value: Value) {
        let mut all = |walk: &mut Self, patterns: &mut dyn Iterator<Item = &Pat>| {
            for pattern in patterns {
                let given = if declares(pattern) {
                    std::mem::take(&mut value)
                } else {
                    Value::default()
                };
                walk.bind(pattern, given);
            }
        };
        match pattern {
            Pat::Ident(pattern) => {
                if let Some((_, inner)) = &pattern.subpat {
                    self.bind(inner, Value::default());
                }
                if !is_constant(pattern) {
                    self.declare(pattern.ident.unraw().to_string(), value);
                }
            }
            Pat::Type(pattern) => self.bind_typed(&pattern.pat, &pattern.ty, value, false),
            Pat::Paren(pattern) => self.bind(&pattern.pat, value),
            Pat::Reference(pattern) => self.bind(&pattern.pat, value),
            Pat::Guard(pattern) => {
                self.bind(&pattern.pat, value);
                self.value(&pattern.guard);
            }
            Pat::Or(pattern) => {
                for case in &pattern.cases {
                    self.bind(case, value.clone());
                }
            }
            Pat::Slice(pattern) => all(self, &mut pattern.elems.iter()),
            Pat::Struct(pattern) => all(self, &mut pattern.fields.iter().map(|it| &*it.pat)),
            Pat::Tuple(pattern) => all(self, &mut pattern.elems.iter()),
            Pat::TupleStruct(pattern) => all(self, &mut pattern.elems.iter()),
            _ => {}
        }
    }

    /// Declares a pattern with a written type. A parameter (`given`) has a value from the start.
    pub(super) fn bind_typed(&mut self, pattern: &Pat, ty: &Type, mut value: Value, given: bool) {
        if let Some((path, is_owned)) = named_type(ty) {
            let source = Source::Type(self.used(path), Vec::new());
            if is_owned && given && value.guards.is_empty() {
                let guard = self.candidate(source.clone(), false, at(pattern));
                value.guards.insert(guard);
            }
            value.source = Some(source);
        }
        self.bind(pattern, value);
    }

    pub(super) fn candidate(&mut self, source: Source, entered: bool, at: (usize, usize)) -> usize {
        self.guards.push(Candidate {
            source,
            entered,
            at,
            awaited: None,
        });
        self.guards.len() - 1
    }

    fn declare(&mut self, name: String, value: Value) {
        let variable = self.variables.len();
        self.variables.push(None);
        self.names.push((name, variable));
        self.give(variable, value);
    }

    /// Drops the value of a variable, and assigns a new one.
    pub(super) fn give(&mut self, variable: Variable, value: Value) {
        self.alive.retain(|(holder, _)| *holder != variable);
        let guards = value.guards.iter().map(|guard| (variable, *guard));
        self.alive.extend(guards);
        self.variables[variable] = value.source;
    }

    /// Moves the value out of a variable.
    pub(super) fn take(&mut self, variable: Variable) -> Value {
        let held = self.alive.iter().filter(|(holder, _)| *holder == variable);
        let guards = held.map(|(_, guard)| *guard).collect();
        self.alive.retain(|(holder, _)| *holder != variable);
        self.moved.insert(variable);
        let source = self.variables[variable].clone();
        Value { source, guards }
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Variable> {
        let mut names = self.names.iter().rev();
        let (_, variable) = names.find(|(known, _)| known == name)?;
        Some(*variable)
    }

    /// Returns the variable that an expression names.
    pub(super) fn variable(&self, expression: &Expr) -> Option<Variable> {
        match expression {
            Expr::Path(path) => self.lookup(&path.path.get_ident()?.unraw().to_string()),
            Expr::Paren(inner) => self.variable(&inner.expr),
            Expr::Group(inner) => self.variable(&inner.expr),
            _ => None,
        }
    }
}

/// Returns whether a pattern declares a name.
pub(super) fn declares(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(pattern) => !is_constant(pattern),
        Pat::Type(pattern) => declares(&pattern.pat),
        Pat::Paren(pattern) => declares(&pattern.pat),
        Pat::Reference(pattern) => declares(&pattern.pat),
        Pat::Guard(pattern) => declares(&pattern.pat),
        Pat::Or(pattern) => pattern.cases.iter().any(declares),
        Pat::Slice(pattern) => pattern.elems.iter().any(declares),
        Pat::Struct(pattern) => pattern.fields.iter().any(|it| declares(&it.pat)),
        Pat::Tuple(pattern) => pattern.elems.iter().any(declares),
        Pat::TupleStruct(pattern) => pattern.elems.iter().any(declares),
        _ => false,
    }
}

/// Returns whether a pattern names an existing constant, such as `None` or `LIMIT`.
fn is_constant(pattern: &syn::PatIdent) -> bool {
    let name = pattern.ident.unraw().to_string();
    name.starts_with(char::is_uppercase) && pattern.subpat.is_none()
}

/// Returns whether a pattern names a value without fields, such as `None`.
pub(super) fn is_unit(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(pattern) => is_constant(pattern),
        Pat::Paren(pattern) => is_unit(&pattern.pat),
        Pat::Path(_) => true,
        _ => false,
    }
}

fn is_wild(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Type(pattern) => is_wild(&pattern.pat),
        Pat::Paren(pattern) => is_wild(&pattern.pat),
        _ => false,
    }
}

/// Returns the path of a type, or of `T` in `Option<T>`, and whether the value owns it.
fn named_type(ty: &Type) -> Option<(&syn::Path, bool)> {
    match ty {
        Type::Reference(ty) => named_type(&ty.elem).map(|(path, _)| (path, false)),
        Type::Paren(ty) => named_type(&ty.elem),
        Type::Group(ty) => named_type(&ty.elem),
        Type::Path(ty) => {
            let last = ty.path.segments.last()?;
            match &last.arguments {
                PathArguments::AngleBracketed(arguments) if last.ident == "Option" => {
                    arguments.args.iter().find_map(|argument| match argument {
                        GenericArgument::Type(ty) => named_type(ty),
                        _ => None,
                    })
                }
                _ => Some((&ty.path, true)),
            }
        }
        _ => None,
    }
}
