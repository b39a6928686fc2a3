//! Formats programs as text.

use std::fmt::{self, Display, Formatter};

use crate::program::{Enqueue, FireOn, Program, Scope, Step};

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} airlock", self.style)?;
        option(f, "executor", self.executor.as_ref())?;
        option(f, "policy", self.policy.as_ref())?;
        option(f, "mode", self.mode.as_ref())?;
        writeln!(f, " depth_limit={}", self.depth_limit)?;
        block(f, &self.steps, 1)
    }
}

fn option<T: fmt::Debug>(f: &mut Formatter<'_>, name: &str, value: Option<T>) -> fmt::Result {
    match value {
        Some(value) => write!(f, " {name}={value:?}"),
        None => Ok(()),
    }
}

fn block(f: &mut Formatter<'_>, steps: &[Step], depth: usize) -> fmt::Result {
    steps.iter().try_for_each(|step| line(f, step, depth))
}

fn line(f: &mut Formatter<'_>, step: &Step, depth: usize) -> fmt::Result {
    write!(f, "{:width$}", "", width = 4 * depth)?;
    let inner = depth + 1;
    match step {
        Step::Enqueue(enqueue) => intent(f, "enqueue", enqueue, depth),
        Step::EnqueueInDrop(enqueue) => intent(f, "enqueue in drop", enqueue, depth),
        Step::Scope(it) => scope(f, it, inner),
        Step::Crossed(first, second) => {
            write!(f, "crossed: outer ends first, ")?;
            scope(f, first, inner)?;
            write!(f, "{:width$}inner ", "", width = 4 * depth)?;
            scope(f, second, inner)
        }
        Step::Local(rule, form, body) => {
            writeln!(f, "policy {rule:?} {form:?}")?;
            block(f, body, inner)
        }
        Step::Thread(body) => {
            writeln!(f, "on another thread, in the current scope")?;
            block(f, body, inner)
        }
        Step::UseHandle(body) => {
            writeln!(f, "in the scope of the last kept handle")?;
            block(f, body, inner)
        }
        Step::Join(a, b) => {
            writeln!(f, "join")?;
            block(f, a, inner)?;
            writeln!(f, "{:width$}with", "", width = 4 * depth)?;
            block(f, b, inner)
        }
        Step::Cancel(polls, body) => {
            writeln!(f, "future, dropped after {polls} polls")?;
            block(f, body, inner)
        }
        Step::KeepHandle => writeln!(f, "keep a handle"),
        Step::Yield(polls) => writeln!(f, "yield {polls}"),
        Step::Panic => writeln!(f, "panic"),
    }
}

fn scope(f: &mut Formatter<'_>, scope: &Scope, inner: usize) -> fmt::Result {
    write!(f, "scope {:?} ends {:?}", scope.form, scope.end)?;
    option(f, "executor", scope.executor.as_ref())?;
    option(f, "policy", scope.policy.as_ref())?;
    option(f, "lifecycle", scope.lifecycle.as_ref())?;
    option(f, "mode", scope.mode.as_ref())?;
    writeln!(f, "{}", if scope.again { " again" } else { "" })?;
    block(f, &scope.body, inner)
}

fn intent(f: &mut Formatter<'_>, what: &str, enqueue: &Enqueue, depth: usize) -> fmt::Result {
    let plan = &enqueue.plan;
    write!(f, "{what} {:?}", enqueue.kind)?;
    if enqueue.fire_on != FireOn::Success {
        write!(f, " fire_on={:?}", enqueue.fire_on)?;
    }
    option(f, "key", enqueue.key)?;
    if plan.fails > 0 {
        let how = if plan.panics { "panics" } else { "fails" };
        write!(f, " {how}={}", plan.fails)?;
    }
    if plan.yields > 0 {
        write!(f, " yields={}", plan.yields)?;
    }
    writeln!(f)?;
    block(f, &plan.body, depth + 1)
}
