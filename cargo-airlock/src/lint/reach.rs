//! Which functions may run when a domain function is called, by name.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use crate::lint::functions::{Function, Role};
use crate::lint::names::Names;

/// Methods that so many types of the standard library have that a name tells little.
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

/// A function that can be reached, and from where.
pub(crate) struct Reached<'a> {
    functions: &'a [Function],
    /// By function, who calls it, and how; nobody calls what is in the domain.
    callers: std::rc::Rc<HashMap<usize, Option<(Call, usize)>>>,
    index: usize,
}

/// How sure it is that a call is one of this function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// It is named.
    ByPath,
    /// A method of its name is called, of some type.
    ByName,
}

impl<'a> Reached<'a> {
    pub(crate) fn function(&self) -> &'a Function {
        &self.functions[self.index]
    }

    /// Who calls the function, who calls that, up to the domain.
    pub(crate) fn callers(&self) -> impl Iterator<Item = (Call, &'a Function)> {
        let caller = |index: usize| self.callers.get(&index).copied().flatten();
        let calls = std::iter::successors(caller(self.index), move |(_, index)| caller(*index));
        calls.map(|(call, index)| (call, &self.functions[index]))
    }
}

/// Follows calls from the functions of the domain, nearest first. Effects are not followed: to call
/// one makes an intent. A method is followed where only one of the workspace has its name, and one of
/// [`COMMON`] where the caller names its type, too.
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
