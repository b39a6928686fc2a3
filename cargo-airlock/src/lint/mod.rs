//! Finds effects that bypass airlock, and guards held across an await, by reading source code.
//!
//! It resolves names through the `use` declarations, modules and re-exports of the workspace. It
//! knows no types, expands no macros and evaluates no `cfg` except `test`.

mod config;
mod functions;
mod guards;
mod liveness;
mod macros;
mod meanings;
mod names;
mod reach;
mod source;
mod todo;

use serde::Serialize;

pub(crate) use self::config::{Config, ConfigError};
pub(crate) use self::functions::Used;
pub(crate) use self::names::{Imports, Names};
#[cfg(test)]
pub(crate) use self::source::Module;
pub(crate) use self::source::Sources;
pub(crate) use self::todo::{Todo, TodoError};

use self::functions::{Function, Role, functions};
use self::guards::held_across_await;
use self::names::Path;
use self::reach::{Call, Reached, reach};
use crate::near::nearest;

/// Calls that start work outside every scope.
const SPAWNS: &[&str] = &[
    "actix::Arbiter",
    "actix::spawn",
    "actix_rt::Arbiter",
    "actix_rt::Runtime",
    "actix_rt::spawn",
    "actix_rt::System",
    "actix_rt::task::spawn_blocking",
    "actix_web::rt::Runtime",
    "actix_web::rt::spawn",
    "actix_web::rt::System",
    "actix_web::rt::task::spawn_blocking",
    "actix_web::web::block",
    "async_std::process::Command",
    "async_std::task::Builder",
    "async_std::task::spawn",
    "async_std::task::spawn_blocking",
    "async_std::task::spawn_local",
    "futures::executor::ThreadPool",
    "rayon::in_place_scope",
    "rayon::join",
    "rayon::scope",
    "rayon::spawn",
    "rayon::spawn_fifo",
    "rayon::ThreadPool",
    "rayon::ThreadPoolBuilder",
    "smol::Executor",
    "smol::LocalExecutor",
    "smol::process::Command",
    "smol::spawn",
    "smol::unblock",
    "std::process::Command",
    "std::thread::Builder",
    "std::thread::scope",
    "std::thread::spawn",
    "tokio::process::Command",
    "tokio::runtime::Builder",
    "tokio::runtime::Handle",
    "tokio::runtime::Runtime",
    "tokio::spawn",
    "tokio::task::Builder",
    "tokio::task::JoinSet",
    "tokio::task::LocalSet",
    "tokio::task::spawn",
    "tokio::task::spawn_blocking",
    "tokio::task::spawn_local",
    "tokio_util::task::JoinMap",
    "tokio_util::task::LocalPoolHandle",
    "tokio_util::task::TaskTracker",
];

/// Calls that perform an effect outside every scope.
const PERFORM_NOW: &[&str] = &["perform_now", "perform_now_async"];

/// A place where code bypasses airlock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    /// The file, relative to the root of the workspace.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column, from 1.
    pub(crate) column: usize,
    /// The rule: `perform-now`, `await-holding-guard`, `spawn` or `deny-path`.
    pub(crate) rule: &'static str,
    /// The path that is not allowed.
    pub(crate) what: String,
    /// The problem, and the code to write instead.
    pub(crate) message: String,
}

/// Returns all findings, sorted by place.
///
/// # Errors
///
/// [`ConfigError`] if a domain names no module.
pub(crate) fn findings(sources: &Sources, config: &Config) -> Result<Vec<Finding>, ConfigError> {
    let names = Names::new(sources);
    let functions = functions(sources, &names);
    check_domains(&names, config)?;
    let mut findings: Vec<_> = functions.iter().flat_map(performs_now).collect();
    for function in functions.iter().filter(|it| it.role != Role::Test) {
        findings.extend(held_across_await(function, &names));
    }
    let in_domain = |function: &Function| {
        let mut domains = config.domains.iter();
        domains.any(|domain| function.path.starts_with(domain))
    };
    let spawns: Vec<Path> = SPAWNS.iter().map(|path| names::path(path)).collect();
    for reached in reach(&functions, &names, in_domain) {
        let function = reached.function();
        for used in &function.uses {
            let meanings = names.meanings(used);
            let is_meant = |path: &&Path| meanings.iter().any(|meaning| meaning.starts_with(path));
            let found = |listed: &[Path]| {
                let path = listed.iter().find(is_meant);
                path.map(|path| path.join("::"))
            };
            let (rule, what, message) = if let Some(what) = found(&config.deny_paths) {
                let message = format!(
                    "`{what}` acts on the world{}; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead",
                    by_whom(&reached)
                );
                ("deny-path", what, message)
            } else if let Some(what) = found(&spawns) {
                let message = format!(
                    "`{what}` starts work that no scope sees{}; write an `#[airlock::effect]` and enqueue its intent instead",
                    by_whom(&reached)
                );
                ("spawn", what, message)
            } else {
                continue;
            };
            findings.push(Finding {
                file: function.file.clone(),
                line: used.at.0,
                column: used.at.1,
                rule,
                what,
                message,
            });
        }
    }
    findings.sort();
    findings.dedup_by(|a, b| {
        (&a.file, a.line, a.column, a.rule) == (&b.file, b.line, b.column, b.rule)
    });
    Ok(findings)
}

fn performs_now(function: &Function) -> Vec<Finding> {
    if function.role == Role::Test {
        return Vec::new();
    }
    let last = function.uses.iter().filter_map(|used| {
        let name = used.path.last()?;
        (used.path.len() > 1).then_some((name, used.at))
    });
    let methods = function.methods.iter().map(|(name, at)| (name, *at));
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

/// Formats the call chain: ", in `shop::http::post`, which `shop::orders::process` calls".
fn by_whom(reached: &Reached<'_>) -> String {
    let mut text = format!(", in `{}`", reached.function().path.join("::"));
    for (call, caller) in reached.callers() {
        let calls = match call {
            Call::ByPath => "calls",
            Call::ByName => "may call",
        };
        text.push_str(&format!(", which `{}` {calls}", caller.path.join("::")));
    }
    text
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
