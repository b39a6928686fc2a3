//! Finds effects that bypass airlock, and guards held across an await, by reading source code.
//!
//! It resolves names through the `use` declarations, modules and re-exports of the workspace, and
//! the types of values through declarations. It infers no other types, expands no macros and
//! evaluates no `cfg` except `test`.

mod acts;
mod allowed;
mod config;
mod functions;
mod guards;
mod liveness;
mod locals;
mod macros;
mod meanings;
mod names;
mod patterns;
mod reach;
mod seen;
mod source;
mod todo;
mod tokens;
mod types;

use serde::Serialize;

pub(crate) use self::config::{Config, ConfigError};
pub(crate) use self::functions::Used;
pub(crate) use self::names::{Imports, Names};
pub(crate) use self::source::Sources;
pub(crate) use self::todo::{Todo, TodoError};

use self::acts::acts;
use self::functions::{Function, Role, functions};
use self::guards::held_across_await;
use self::reach::Index;
use self::types::Declared;
use crate::near::nearest;

/// Calls that perform an effect outside every scope.
const PERFORM_NOW: &[&str] = &["perform_now", "perform_now_async"];

/// The names of all rules.
const RULES: [&str; 4] = ["perform-now", "await-holding-guard", "spawn", "deny-path"];

/// A place where code bypasses airlock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    /// The file, relative to the root of the workspace.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column, from 1.
    pub(crate) column: usize,
    /// The rule, one of [`RULES`].
    pub(crate) rule: &'static str,
    /// The path that is not allowed.
    pub(crate) what: String,
    /// The problem, and the code to write instead.
    pub(crate) message: String,
}

/// The result of the lint.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The findings, sorted by place.
    pub(crate) list: Vec<Finding>,
    /// The findings that comments allow.
    pub(crate) allowed: Vec<Finding>,
    /// The files and names of macros whose arguments are not Rust code, one for each call.
    pub(crate) scanned: Vec<(String, String)>,
}

/// Returns all findings.
///
/// # Errors
///
/// [`ConfigError`] if a domain names no module.
pub(crate) fn findings(sources: &Sources, config: &Config) -> Result<Findings, ConfigError> {
    let names = Names::new(sources);
    let declared = Declared::new(sources, &names);
    let functions = functions(sources, &names, &declared);
    check_domains(&names, config)?;
    let mut findings: Vec<_> = functions.iter().flat_map(performs_now).collect();
    for function in functions.iter().filter(|it| it.role != Role::Test) {
        findings.extend(held_across_await(function, &names, &declared));
    }
    let index = Index::new(&functions, &names);
    let mut scanned = Vec::new();
    for reached in index.reach(|function| config.is_domain(&function.path)) {
        findings.extend(acts(&reached, &index, config));
        let function = reached.function();
        let names = function.scanned.iter();
        scanned.extend(names.map(|name| (function.file.clone(), name.clone())));
    }
    findings.sort();
    findings.dedup_by(|a, b| {
        (&a.file, a.line, a.column, a.rule) == (&b.file, b.line, b.column, b.rule)
    });
    let is_allowed = |finding: &Finding| {
        sources
            .comments
            .iter()
            .any(|comment| comment.allows(finding))
    };
    let (allowed, list) = findings.into_iter().partition(is_allowed);
    Ok(Findings {
        list,
        allowed,
        scanned,
    })
}

fn performs_now(function: &Function) -> Vec<Finding> {
    if function.role == Role::Test {
        return Vec::new();
    }
    let last = function.uses.iter().filter_map(|used| {
        let name = used.path.last()?;
        (used.path.len() > 1).then_some((name, used.at))
    });
    let methods = function.methods.iter().map(|call| (&call.name, call.at));
    let calls = last.chain(methods);
    calls
        .filter(|(name, _)| PERFORM_NOW.contains(&name.as_str()))
        .map(|(name, at)| Finding {
            file: function.file.clone(),
            line: at.0,
            column: at.1,
            rule: "perform-now",
            what: name.clone(),
            message: format!(
                "`{name}` performs an effect around every scope and policy, in `{}`; write `airlock::enqueue(..)` instead, or move it into a test",
                function.path.join("::")
            ),
        })
        .collect()
}

fn check_domains(names: &Names<'_>, config: &Config) -> Result<(), ConfigError> {
    for domain in &config.domains {
        if !names.is_module(domain) {
            let modules = names.modules();
            let domain = domain.join("::");
            let near = nearest(&domain, modules.iter().map(String::as_str));
            return Err(ConfigError::NoModule {
                near: near.map(str::to_owned),
                domain,
            });
        }
    }
    Ok(())
}
