//! Which functions may run when a domain function is called, by name.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::lint::functions::{Function, Role};
use crate::lint::names::Names;

/// A function that can be reached, and from where.
pub(crate) struct Reached<'a> {
    functions: &'a [Function],
    /// By function, who calls it; the first of the chain is in the domain.
    callers: std::rc::Rc<HashMap<usize, Option<usize>>>,
    index: usize,
}

impl<'a> Reached<'a> {
    pub(crate) fn function(&self) -> &'a Function {
        &self.functions[self.index]
    }

    /// The function, who calls it, who calls that, up to the domain.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &'a Function> {
        let indexes = std::iter::successors(Some(self.index), |index| {
            self.callers.get(index).copied().flatten()
        });
        indexes.map(|index| &self.functions[index])
    }
}

/// Follows calls from the functions of the domain, nearest first. Effects are not followed: to call
/// one makes an intent. A method is followed where only one of the workspace has its name.
pub(crate) fn reach<'a>(
    functions: &'a [Function],
    names: &Names<'_>,
    in_domain: impl Fn(&Function) -> bool,
) -> Vec<Reached<'a>> {
    let mut by_path: HashMap<&[String], Vec<usize>> = HashMap::new();
    let mut methods: HashMap<&str, Vec<usize>> = HashMap::new();
    let is_code = |function: &Function| !matches!(function.role, Role::Effect | Role::Test);
    for (index, function) in functions.iter().enumerate() {
        // The library and the program of one package may have functions of one path.
        by_path.entry(&function.path).or_default().push(index);
        if function.role == Role::Method
            && let Some(name) = function.path.last()
        {
            methods.entry(name).or_default().push(index);
        }
    }
    let mut callers = HashMap::new();
    let mut queue = Vec::new();
    for (index, function) in functions.iter().enumerate() {
        if is_code(function) && in_domain(function) {
            callers.insert(index, None);
            queue.push(index);
        }
    }
    let mut next = 0;
    while let Some(&caller) = queue.get(next) {
        next += 1;
        let function = &functions[caller];
        let named = function.uses.iter().flat_map(|used| {
            let meanings = names.meanings(used).into_iter();
            meanings.flat_map(|path| by_path.get(path.as_slice()).into_iter().flatten().copied())
        });
        let called = function.methods.iter().filter_map(|(name, _)| {
            match methods.get(name.as_str()).map(Vec::as_slice) {
                Some([only]) => Some(*only),
                _ => None,
            }
        });
        for callee in named.chain(called) {
            if is_code(&functions[callee])
                && functions[callee].role != Role::Item
                && let Entry::Vacant(vacant) = callers.entry(callee)
            {
                vacant.insert(Some(caller));
                queue.push(callee);
            }
        }
    }
    let callers = std::rc::Rc::new(callers);
    let reached = |index| Reached {
        functions,
        callers: callers.clone(),
        index,
    };
    queue.into_iter().map(reached).collect()
}
