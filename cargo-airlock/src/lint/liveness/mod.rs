//! Finds the guards that may be alive at an await of a function.
//!
//! A walk over the function in the order of execution tracks the set of guards that may be alive.
//! Branches start from the same set and end in the union of their sets. Unreachable code has the
//! empty set, so it adds nothing to a union.

mod bindings;
mod jumps;
mod mentions;
mod values;

use std::collections::BTreeSet;

use syn::visit::Visit;
use syn::{Block, Expr, FnArg, Pat, Signature, Stmt};

use self::jumps::Jump;
use self::mentions::mentioned;
use crate::lint::functions::{Used, at, segments};
use crate::lint::guards::{HeldGuard, Source};
use crate::lint::macros::{Body, Branch};
use crate::lint::names::{Imports, Path};

/// The index of a variable in [`Walk::variables`].
type Variable = usize;
/// The index of a guard in [`Walk::guards`].
type Guard = usize;

/// Returns the guards that may be alive at an await of the function, or of an async block in it.
pub(super) fn held(module: &Path, signature: &Signature, block: &Block) -> Vec<HeldGuard> {
    let mut walk = Walk {
        module,
        names: Vec::new(),
        variables: Vec::new(),
        guards: Vec::new(),
        alive: BTreeSet::new(),
        moved: BTreeSet::new(),
        jumps: Vec::new(),
        is_async: signature.asyncness.is_some(),
    };
    for input in &signature.inputs {
        if let FnArg::Typed(input) = input {
            walk.bind_typed(&input.pat, &input.ty, Value::default(), true);
        }
    }
    walk.block(block);
    let awaited = walk.guards.into_iter().filter_map(|candidate| {
        Some(HeldGuard {
            source: candidate.source,
            entered: candidate.entered,
            at: candidate.at,
            awaited: candidate.awaited?,
        })
    });
    awaited.collect()
}

struct Walk<'a> {
    module: &'a Path,
    /// The names in scope, the innermost last. A shadowed variable stays alive.
    names: Vec<(String, Variable)>,
    /// The origin of each variable's value, if it may come from airlock.
    variables: Vec<Option<Source>>,
    guards: Vec<Candidate>,
    /// The guards that may be alive, with the variables that hold them.
    alive: BTreeSet<(Variable, Guard)>,
    /// The variables that were moved anywhere in the function.
    moved: BTreeSet<Variable>,
    jumps: Vec<Jump>,
    /// `true` if the code is async. `join!` and `select!` await only there: crossbeam has a `select!`
    /// too.
    is_async: bool,
}

/// A possible guard.
struct Candidate {
    source: Source,
    entered: bool,
    at: (usize, usize),
    awaited: Option<usize>,
}

/// The known properties of the value of an expression.
#[derive(Clone, Default)]
struct Value {
    source: Option<Source>,
    guards: BTreeSet<Guard>,
}

impl Walk<'_> {
    fn block(&mut self, block: &Block) -> Value {
        self.statements(&block.stmts)
    }

    fn statements(&mut self, statements: &[Stmt]) -> Value {
        let outer = self.names.len();
        let mut last = Value::default();
        for statement in statements {
            last = Value::default();
            match statement {
                Stmt::Local(local) => self.local(local),
                Stmt::Expr(expression, None) => last = self.value(expression),
                Stmt::Expr(expression, Some(_)) => drop(self.value(expression)),
                Stmt::Macro(statement) => self.visit_macro(&statement.mac),
                // Functions within functions are walked separately.
                Stmt::Item(_) => {}
            }
        }
        self.leave(outer);
        last
    }

    /// Drops the variables that were declared after the first `outer` names.
    fn leave(&mut self, outer: usize) {
        for (_, variable) in self.names.drain(outer..) {
            self.alive.retain(|(holder, _)| *holder != variable);
        }
    }

    fn awaits(&mut self, line: usize) {
        for (_, guard) in &self.alive {
            self.guards[*guard].awaited.get_or_insert(line);
        }
    }

    /// Walks a closure or an async block. It runs separately, with the variables that it captures
    /// by value.
    fn apart(&mut self, part: &Apart<'_>) -> Value {
        let mentioned = part.is_move.then(|| mentioned(&part.run));
        let captured = |(variable, _): &&(Variable, Guard)| {
            let named = |name: &String| self.lookup(name) == Some(*variable);
            mentioned
                .as_ref()
                .is_some_and(|names| names.iter().any(named))
        };
        let inside: BTreeSet<_> = self.alive.iter().filter(captured).copied().collect();
        let mut outside: BTreeSet<_> = self.alive.difference(&inside).copied().collect();
        self.alive = inside;
        let moved = std::mem::take(&mut self.moved);
        let jumps = std::mem::take(&mut self.jumps);
        let outer_async = std::mem::replace(&mut self.is_async, part.is_async);
        let names = self.names.len();
        for input in &part.inputs {
            self.bind(input, Value::default());
        }
        let value = match &part.run {
            Run::Block(block) => self.block(block),
            Run::Expression(expression) => self.value(expression),
            Run::Macro(body) => {
                self.arguments(body, None);
                Value::default()
            }
        };
        self.names.truncate(names);
        self.is_async = outer_async;
        self.jumps = jumps;
        // Variables moved inside were captured by value.
        outside.retain(|(variable, _)| !self.moved.contains(variable));
        self.moved.extend(moved);
        self.alive = outside;
        value
    }

    /// Walks the arguments of a macro. If `awaits` has a line, the macro awaits them there.
    fn arguments(&mut self, body: &Body, awaits: Option<usize>) {
        match body {
            Body::Expressions(expressions) => {
                for expression in expressions {
                    // Most macros borrow their arguments, as `println!` does.
                    self.place(expression);
                }
            }
            Body::Statements(statements) => drop(self.statements(statements)),
            Body::Branches(branches) => return self.select(branches, awaits),
            Body::Unknown => {}
        }
        awaits.into_iter().for_each(|line| self.awaits(line));
    }

    /// Walks a `select!`: it creates all futures first, then runs one handler.
    fn select(&mut self, branches: &[Branch], awaits: Option<usize>) {
        for branch in branches {
            for expression in branch.future.iter().map(|(_, future)| future) {
                self.value(expression);
            }
            if let Some(condition) = &branch.condition {
                self.value(condition);
            }
        }
        awaits.into_iter().for_each(|line| self.awaits(line));
        let handlers = branches.iter().map(|branch| {
            move |walk: &mut Self| {
                let outer = walk.names.len();
                if let Some((pattern, _)) = &branch.future {
                    walk.bind(pattern, Value::default());
                }
                let value = walk.value(&branch.handler);
                walk.leave(outer);
                value
            }
        });
        self.one_of(handlers);
    }

    /// Walks alternatives, of which exactly one runs.
    fn one_of(
        &mut self,
        branches: impl IntoIterator<Item = impl FnOnce(&mut Self) -> Value>,
    ) -> Value {
        let before = self.alive.clone();
        let mut after = BTreeSet::new();
        let mut value = Value::default();
        for branch in branches {
            self.alive.clone_from(&before);
            value.merge(branch(self));
            after.append(&mut self.alive);
        }
        self.alive = after;
        value
    }

    fn used(&self, path: &syn::Path) -> Used {
        Used {
            path: segments(path),
            module: self.module.clone(),
            imports: Imports::default(),
            at: at(path),
            is_macro: false,
        }
    }
}

impl Value {
    fn merge(&mut self, mut other: Self) {
        self.source = self.source.take().or(other.source);
        self.guards.append(&mut other.guards);
    }
}

/// A closure or an async block.
struct Apart<'a> {
    is_async: bool,
    /// `true` if it captures all mentioned variables by value.
    is_move: bool,
    /// The parameters of a closure.
    inputs: Vec<&'a Pat>,
    run: Run<'a>,
}

/// The body of an [`Apart`].
enum Run<'a> {
    Block(&'a Block),
    Expression(&'a Expr),
    Macro(&'a Body),
}

/// Walks everything that [`Walk::value`] does not handle in source order.
impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_expr(&mut self, expression: &'ast Expr) {
        self.value(expression);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.block(block);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.mac(item);
    }
}
