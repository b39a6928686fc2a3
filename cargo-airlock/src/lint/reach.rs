//! Finds the functions that a call of a domain function may run, by name.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use crate::lint::functions::{Function, Role};
use crate::lint::names::Names;

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
    /// The call names its path.
    ByPath,
    /// The call is a method call with its name, on a value of unknown type.
    ByName,
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

/// Follows calls from the functions of the domain, the nearest first.
///
/// Effects are not followed, because calling one only creates an intent. A method is followed if
/// only one in the workspace has its name. A method in [`COMMON`] also requires that the caller
/// names its type.
pub(crate) fn reach<'a>(
    functions: &'a [Function],
    names: &Names<'_>,
    in_domain: impl Fn(&Function) -> bool,
) -> Vec<Reached<'a>> {
    let mut by_path: HashMap<&[String], Vec<usize>> = HashMap::new();
    let mut methods: HashMap<&str, Vec<usize>> = HashMap::new();
    let is_code = |function: &Function| !matches!(function.role, Role::Effect | Role::Test);
    for (index, function) in functions.iter().enumerate() {
        // The library and the binary of one package may have functions with the same path.
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
        let meanings = function.uses.iter().flat_map(|used| names.meanings(used));
        let meanings: BTreeSet<_> = meanings.collect();
        let named = meanings
            .iter()
            .filter_map(|path| by_path.get(path.as_slice()));
        let names_type = |method: usize| {
            let path = &functions[method].path;
            let owner = &path[..path.len() - 1];
            function.path.starts_with(owner) || meanings.contains(owner)
        };
        let called = function.methods.iter().filter_map(|(name, _)| {
            match methods.get(name.as_str()).map(Vec::as_slice) {
                Some([only]) if !is_common(name) || names_type(*only) => {
                    Some((Call::ByName, *only))
                }
                _ => None,
            }
        });
        let named = named.flatten().map(|callee| (Call::ByPath, *callee));
        for (call, callee) in named.chain(called) {
            if is_code(&functions[callee])
                && functions[callee].role != Role::Item
                && let Entry::Vacant(vacant) = callers.entry(callee)
            {
                vacant.insert(Some((call, caller)));
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
