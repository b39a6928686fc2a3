//! The rules `spawn` and `deny-path`: what the domain may not do.

use crate::lint::Finding;
use crate::lint::config::Config;
use crate::lint::functions::MethodCall;
use crate::lint::locals::keeps_value;
use crate::lint::names::{Path, path};
use crate::lint::reach::{Call, Index, Reached};

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

/// Methods of the types in [`SPAWNS`] that start work. Others wait for it, or configure it.
const STARTS: &[&str] = &["in_place_scope", "install", "output", "scope", "status"];

/// Methods of any type that compare or show a value.
const INERT: &[&str] = &["cmp", "eq", "fmt", "hash", "ne", "partial_cmp", "to_string"];

/// Returns the findings in a function that the domain reaches.
pub(super) fn acts(reached: &Reached<'_>, index: &Index<'_>, config: &Config) -> Vec<Finding> {
    let function = reached.function();
    let spawns: Vec<Path> = SPAWNS.iter().map(|spawn| path(spawn)).collect();
    let mut findings = Vec::new();
    let mut add = |at: (usize, usize), meanings: &[Path], starts: bool| {
        let denied = match first(&config.deny_paths, meanings) {
            // A denied module may use its own names.
            Some(denied) if !function.path.starts_with(denied) => Some(denied),
            _ => None,
        };
        let (rule, what, message) = if let Some(denied) = denied {
            let what = denied.join("::");
            let message = format!(
                "`{what}` acts on the world{}; write an `#[airlock::effect]` that takes it as a `#[resource]`, and enqueue its intent instead",
                by_whom(reached)
            );
            ("deny-path", what, message)
        } else if let Some(spawn) = first(&spawns, meanings).filter(|_| starts) {
            let what = spawn.join("::");
            let message = format!(
                "`{what}` starts work that no scope sees{}; write an `#[airlock::effect]` and enqueue its intent instead",
                by_whom(reached)
            );
            ("spawn", what, message)
        } else {
            return;
        };
        findings.push(Finding {
            file: function.file.clone(),
            line: at.0,
            column: at.1,
            rule,
            what,
            message,
        });
    };
    for used in &function.uses {
        add(used.at, &index.names().meanings(used), true);
    }
    for call in &function.methods {
        if keeps_value(&call.name) || INERT.contains(&call.name.as_str()) {
            continue;
        }
        let mut meanings = index.method_paths(call);
        if let Some(root) = &call.root {
            // The start of the chain is a finding already.
            let root = index.names().meanings(root);
            for list in [&config.deny_paths, &spawns] {
                if let Some(found) = first(list, &root) {
                    meanings.retain(|meaning| !meaning.starts_with(found));
                }
            }
        }
        add(call.at, &meanings, starts(call));
    }
    findings
}

/// Returns the first listed path that contains one of the meanings.
fn first<'a>(listed: &'a [Path], meanings: &[Path]) -> Option<&'a Path> {
    let is_meant = |path: &&Path| meanings.iter().any(|meaning| meaning.starts_with(path));
    listed.iter().find(is_meant)
}

fn starts(call: &MethodCall) -> bool {
    call.name.starts_with("spawn") || STARTS.contains(&call.name.as_str())
}

/// Formats the call chain: ", in `shop::http::post`, which `shop::orders::process` calls".
fn by_whom(reached: &Reached<'_>) -> String {
    let mut text = format!(", in `{}`", reached.function().path.join("::"));
    for (call, caller) in reached.callers() {
        let calls = match call {
            Call::Certain => "calls",
            Call::Possible => "may call",
        };
        text.push_str(&format!(", which `{}` {calls}", caller.path.join("::")));
    }
    text
}
