//! Finds the functions that a call of a domain function may run.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use crate::lint::functions::{Function, MethodCall, Role, Used};
use crate::lint::names::{Names, Path};
use crate::lint::types::UNNAMED;

/// Methods that so many types of the standard library have that their name identifies nothing.
const COMMON: &str = "\
    all and_then any append as_bytes as_mut as_ref as_str borrow chain clear clone cloned cmp \
    collect contains contains_key copied count dedup default drain drop ends_with entry enumerate \
    eq err expect extend filter find first flatten fmt fold from get get_mut hash insert into \
    into_iter is_empty is_none is_some iter iter_mut join keys last len lines lock map map_err max \
    min new next ok or_default or_else or_insert parse pop pop_front position push push_back \
    push_str remove replace retain rev reverse skip sort split starts_with sum swap take to_owned \
    to_string to_vec trim truncate unwrap unwrap_or unwrap_or_default unwrap_or_else values zip";

fn is_common(method: &str) -> bool {
    COMMON.split(' ').any(|common| common == method)
}

/// Returns whether a method belongs to an `impl` of a type without a name.
fn is_blanket(method: &[String]) -> bool {
    matches!(method, [.., owner, _] if owner == UNNAMED)
}

/// A reachable function, with its callers.
pub(crate) struct Reached<'a> {
    functions: &'a [Function],
    /// The caller of each function, and the kind of call; `None` for functions of the domain.
    callers: std::rc::Rc<HashMap<usize, Option<(Call, usize)>>>,
    index: usize,
}

/// The certainty that a call refers to this function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// The call names its path, or the type of the value is declared.
    Certain,
    /// The call is a method call with its name, on a value of unknown type or of a trait.
    Possible,
}

impl<'a> Reached<'a> {
    pub(crate) fn function(&self) -> &'a Function {
        &self.functions[self.index]
    }

    /// Returns the caller of the function, then the caller of that one, up to the domain.
    pub(crate) fn callers(&self) -> impl Iterator<Item = (Call, &'a Function)> {
        let caller = |index: usize| self.callers.get(&index).copied().flatten();
        let calls = std::iter::successors(caller(self.index), move |(_, index)| caller(*index));
        calls.map(|(call, index)| (call, &self.functions[index]))
    }
}

/// The functions of the workspace, by the names that calls use.
pub(crate) struct Index<'a> {
    functions: &'a [Function],
    names: &'a Names<'a>,
    by_path: HashMap<&'a [String], Vec<usize>>,
    methods: HashMap<&'a str, Vec<usize>>,
    macros: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(functions: &'a [Function], names: &'a Names<'a>) -> Self {
        let mut by_path: HashMap<&[String], Vec<usize>> = HashMap::new();
        let mut methods: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut macros: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, function) in functions.iter().enumerate() {
            let Some(name) = function.path.last() else {
                continue;
            };
            match function.role {
                Role::Macro => macros.entry(name).or_default().push(index),
                Role::Method => methods.entry(name).or_default().push(index),
                _ => {}
            }
            // The library and the binary of one package may have functions with the same path.
            if function.role != Role::Macro {
                by_path.entry(&function.path).or_default().push(index);
            }
        }
        Self {
            functions,
            names,
            by_path,
            methods,
            macros,
        }
    }

    pub(crate) fn names(&self) -> &'a Names<'a> {
        self.names
    }

    /// Follows calls from the functions of the domain, the nearest first.
    ///
    /// Effects are not followed, because calling one only creates an intent. A method of a value of
    /// unknown type is followed if only one in the workspace has its name. A method in [`COMMON`]
    /// also requires that the caller names its type.
    pub(crate) fn reach(&self, in_domain: impl Fn(&Function) -> bool) -> Vec<Reached<'a>> {
        let is_code = |function: &Function| !matches!(function.role, Role::Effect | Role::Test);
        let mut callers = HashMap::new();
        let mut queue = Vec::new();
        for (index, function) in self.functions.iter().enumerate() {
            if is_code(function) && in_domain(function) {
                callers.insert(index, None);
                queue.push(index);
            }
        }
        let mut next = 0;
        while let Some(&caller) = queue.get(next) {
            next += 1;
            for (call, callee) in self.calls(&self.functions[caller]) {
                if is_code(&self.functions[callee])
                    && self.functions[callee].role != Role::Item
                    && let Entry::Vacant(vacant) = callers.entry(callee)
                {
                    vacant.insert(Some((call, caller)));
                    queue.push(callee);
                }
            }
        }
        let callers = std::rc::Rc::new(callers);
        let reached = |index| Reached {
            functions: self.functions,
            callers: callers.clone(),
            index,
        };
        queue.into_iter().map(reached).collect()
    }

    /// Returns the functions that a function calls, certain calls first.
    fn calls(&self, function: &Function) -> Vec<(Call, usize)> {
        let paths = function.uses.iter().filter(|used| !used.is_macro);
        let meanings: BTreeSet<_> = paths.flat_map(|used| self.names.meanings(used)).collect();
        let named = meanings.iter().flat_map(|path| self.at(path));
        let named = named.map(|callee| (Call::Certain, callee));
        let macros = function.uses.iter().filter(|used| used.is_macro);
        let macros = macros.flat_map(|used| self.expanded(used));
        let macros = macros.map(|callee| (Call::Certain, callee));
        let methods = function.methods.iter();
        let methods = methods.flat_map(|call| self.called(call, function, &meanings));
        let mut calls: Vec<_> = named.chain(macros).chain(methods).collect();
        calls.sort_by_key(|(call, _)| *call == Call::Possible);
        calls
    }

    fn at(&self, path: &[String]) -> impl Iterator<Item = usize> {
        self.by_path.get(path).into_iter().flatten().copied()
    }

    /// Returns the definitions of a macro. A name without a path has a definition in the same crate,
    /// or is imported.
    fn expanded(&self, used: &Used) -> Vec<usize> {
        let Some(name) = used.path.last() else {
            return Vec::new();
        };
        let Some(candidates) = self.macros.get(name.as_str()) else {
            return Vec::new();
        };
        let meanings = self.names.meanings(used);
        let crates = meanings.iter().filter_map(|path| path.first());
        let crates: BTreeSet<_> = crates.chain(used.module.first()).collect();
        let candidates = candidates.iter().copied();
        let is_defined = |index: &usize| crates.contains(&self.functions[*index].path[0]);
        candidates.filter(is_defined).collect()
    }

    fn called(
        &self,
        call: &MethodCall,
        caller: &Function,
        meanings: &BTreeSet<Path>,
    ) -> Vec<(Call, usize)> {
        let mut called = Vec::new();
        for owner in &call.owners {
            let certainty = if owner.is_dispatched {
                Call::Possible
            } else {
                Call::Certain
            };
            let path = [owner.path.as_slice(), std::slice::from_ref(&call.name)].concat();
            called.extend(self.at(&path).map(|callee| (certainty, callee)));
        }
        if called.is_empty() && !is_common(&call.name) {
            // `impl<T> Alert for T` provides the method to any type.
            let methods = self.methods.get(call.name.as_str()).into_iter().flatten();
            let blanket = methods.filter(|index| is_blanket(&self.functions[**index].path));
            called.extend(blanket.map(|callee| (Call::Possible, *callee)));
        }
        if called.is_empty()
            && !call.is_known
            && let Some(only) = self.only(&call.name)
        {
            let path = &self.functions[only].path;
            let owner = &path[..path.len() - 1];
            let names_type = || caller.path.starts_with(owner) || meanings.contains(owner);
            if !is_common(&call.name) || names_type() {
                called.push((Call::Possible, only));
            }
        }
        called
    }

    /// Returns the only method of the workspace with this name.
    fn only(&self, name: &str) -> Option<usize> {
        match self.methods.get(name).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        }
    }

    /// Returns the paths that a method call may have: those of its owners, or that of the only method
    /// with this name if the type of the value is unknown.
    pub(crate) fn method_paths(&self, call: &MethodCall) -> Vec<Path> {
        let owners = call.owners.iter().filter(|owner| !owner.is_dispatched);
        let paths =
            owners.map(|it| [it.path.as_slice(), std::slice::from_ref(&call.name)].concat());
        let mut paths: Vec<_> = paths.collect();
        if !call.is_known
            && !is_common(&call.name)
            && let Some(only) = self.only(&call.name)
        {
            paths.push(self.functions[only].path.clone());
        }
        paths
    }
}
