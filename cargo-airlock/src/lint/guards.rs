//! Guards that are held across an await, and the check that they belong to airlock.

use crate::lint::Finding;
use crate::lint::functions::{Function, Used};
use crate::lint::names::Names;
use crate::lint::types::{Declared, Ty};

/// The crates that export the names of airlock.
const CRATES: [&str; 3] = ["airlock", "airlock_core", "airlock_effects"];

/// A value that may be a guard of airlock, and that is alive at an await.
#[derive(Debug)]
pub(crate) struct HeldGuard {
    pub(super) source: Source,
    /// `true` if `.enter()` was called on the source; otherwise the source is the type of the guard.
    pub(super) entered: bool,
    /// The position of `.enter()`, or of the variable.
    pub(super) at: (usize, usize),
    /// The line of the first await.
    pub(super) awaited: usize,
}

/// The origin of a value.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A chain of method calls that starts with a call of this path.
    Call(Used, Vec<String>),
    /// A variable of this type, and the methods called on it.
    Type(Used, Vec<String>),
    /// A call of `.scope()` on something named `airlock`.
    Airlock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scope,
    Policy,
}

/// Returns a finding for each guard that a function holds across an await.
pub(super) fn held_across_await(
    function: &Function,
    names: &Names<'_>,
    declared: &Declared,
) -> Vec<Finding> {
    let held = function.held.iter().filter_map(|held| {
        let (what, advice) = match held.kind(names, declared)? {
            Kind::Scope => ("airlock::scope::ScopeGuard", "`.run_async(..)`"),
            Kind::Policy => ("airlock::scope::PolicyGuard", "`.bind(..)`"),
        };
        Some(Finding {
            file: function.file.clone(),
            line: held.at.0,
            column: held.at.1,
            rule: "await-holding-guard",
            what: what.to_owned(),
            message: format!(
                "`{what}` is held across the await in line {}, in `{}`, so concurrent futures run under it too; give the block a future of its own with {advice}, or drop the guard before the await",
                held.awaited,
                function.path.join("::"),
            ),
        })
    });
    held.collect()
}

impl HeldGuard {
    /// Returns the path that determines whether it belongs to airlock.
    pub(super) fn used(&mut self) -> Option<&mut Used> {
        match &mut self.source {
            Source::Call(used, _) | Source::Type(used, _) => Some(used),
            Source::Airlock => None,
        }
    }

    fn kind(&self, names: &Names<'_>, declared: &Declared) -> Option<Kind> {
        let (used, methods, is_call) = match &self.source {
            Source::Airlock => return Some(Kind::Scope),
            Source::Call(used, methods) => (used, methods, true),
            Source::Type(used, methods) => (used, methods, false),
        };
        let opens_scope = methods.iter().any(|method| method == "scope");
        let meanings = names.meanings(used);
        if is_call && !self.entered {
            let returned = declared.result(&meanings)?;
            let returned = declared.element(&returned).unwrap_or(returned);
            return match declared.peel(returned) {
                Ty::Named(paths, _) => paths.iter().find_map(|path| guard(path)),
                _ => None,
            };
        }
        meanings.iter().find_map(|meaning| {
            match (self.entered, is_call, in_airlock(meaning)?.as_slice()) {
                (true, true, ["scope"]) | (true, false, ["ScopeBuilder"]) => Some(Kind::Scope),
                (true, true, ["policy"]) | (true, false, ["LocalPolicy"]) => Some(Kind::Policy),
                (true, _, ["Airlock", ..]) if opens_scope => Some(Kind::Scope),
                (false, ..) => guard(meaning),
                _ => None,
            }
        })
    }
}

/// Returns the kind of guard that a path names, if it names one.
fn guard(path: &[String]) -> Option<Kind> {
    match in_airlock(path)?.as_slice() {
        ["ScopeGuard"] => Some(Kind::Scope),
        ["PolicyGuard"] => Some(Kind::Policy),
        _ => None,
    }
}

/// Returns a path of airlock without its crate. The facade has the guards in `scope`, core at its
/// root.
fn in_airlock(path: &[String]) -> Option<Vec<&str>> {
    let (krate, path) = path.split_first()?;
    let path = match path {
        [scope, name] if scope == "scope" => std::slice::from_ref(name),
        path => path,
    };
    let is_airlock = CRATES.contains(&krate.as_str());
    is_airlock.then(|| path.iter().map(String::as_str).collect())
}
