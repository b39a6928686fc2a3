//! The settings in `[package.metadata.airlock]`, `[workspace.metadata.airlock]` and on the command
//! line.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::build::{Package, Workspace};
use crate::lint::names::{Path, path};
use crate::lint::source::Sources;
use crate::near::nearest;

/// The settings of the lint.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The modules whose functions may only enqueue intents.
    pub(crate) domains: Vec<Path>,
    /// The paths that they may not use, directly or through calls.
    pub(crate) deny_paths: Vec<Path>,
}

/// An error in the configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("`{place}.{key}` is unknown; there are: {}", KEYS.join(", "))]
    UnknownKey { place: String, key: String },
    #[error("`{place}.{key}` is a list of paths, such as `[\"crate::orders\"]`")]
    NotAList { place: String, key: String },
    #[error(
        "`{place}` says `{path}`, but `crate` has no meaning there: write the name of the crate, such as `shop::orders`"
    )]
    NoCrate { place: String, path: String },
    #[error("no module is named `{domain}`{}", near.as_ref().map(|near| format!(", did you mean `{near}`?")).unwrap_or_default())]
    NoModule {
        domain: String,
        near: Option<String>,
    },
}

const KEYS: [&str; 2] = ["domain", "deny-paths"];

impl Config {
    /// Returns the configuration of all packages, since domains call into other packages, together
    /// with the settings of the command line for the given packages.
    pub(crate) fn from_metadata(
        workspace: &Workspace,
        packages: &[&Package],
        domains: &[String],
        deny_paths: &[String],
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        config.table(
            "workspace.metadata.airlock",
            &workspace.metadata["airlock"],
            None,
        )?;
        for package in workspace.members() {
            let place = format!("{}: package.metadata.airlock", package.name);
            let krate = package.crate_name();
            config.table(&place, &package.metadata["airlock"], Some(&krate))?;
        }
        // On the command line, `crate` refers to the only selected package.
        let krate = match packages {
            [only] => Some(only.crate_name()),
            _ => None,
        };
        add(&mut config.domains, "--domain", domains, krate.as_deref())?;
        add(
            &mut config.deny_paths,
            "--deny-path",
            deny_paths,
            krate.as_deref(),
        )?;
        Ok(config)
    }

    /// Returns whether a path is in the domain.
    pub(crate) fn is_domain(&self, path: &[String]) -> bool {
        self.domains.iter().any(|domain| path.starts_with(domain))
    }

    /// Returns whether a rule is checked. Without a domain, nothing is denied.
    pub(crate) fn is_checked(&self, rule: &str) -> bool {
        !self.domains.is_empty() || !matches!(rule, "spawn" | "deny-path")
    }

    /// Returns a note for each denied path whose crate name looks like a mistake. A crate that is
    /// not a dependency yet may be denied too.
    pub(crate) fn unknown_crates(&self, sources: &Sources, workspace: &Workspace) -> Vec<String> {
        let dependencies = workspace
            .members()
            .flat_map(|package| &package.dependencies);
        let known: BTreeSet<String> = dependencies
            .map(|dependency| dependency.name.replace('-', "_"))
            .chain(sources.modules.iter().map(|module| module.path[0].clone()))
            .chain(["std", "core", "alloc"].map(str::to_owned))
            .collect();
        let note = |path: &Path| {
            let krate = path.first().filter(|krate| !known.contains(*krate))?;
            let mut renames = sources.renames.values();
            let hint = match renames.find_map(|renames| renames.get(krate)) {
                Some(name) => format!("write the name of the crate, `{name}`"),
                None => {
                    let near = nearest(krate, known.iter().map(String::as_str))?;
                    format!("did you mean `{near}`?")
                }
            };
            let path = path.join("::");
            Some(format!(
                "no package depends on the `{krate}` of `{path}`; {hint}"
            ))
        };
        self.deny_paths.iter().filter_map(note).collect()
    }

    fn table(
        &mut self,
        place: &str,
        table: &Value,
        krate: Option<&str>,
    ) -> Result<(), ConfigError> {
        for (key, value) in table.as_object().into_iter().flatten() {
            let (place, key) = (place.to_owned(), key.clone());
            if !KEYS.contains(&key.as_str()) {
                return Err(ConfigError::UnknownKey { place, key });
            }
            let Ok(paths) = serde_json::from_value::<Vec<String>>(value.clone()) else {
                return Err(ConfigError::NotAList { place, key });
            };
            let place = format!("{place}.{key}");
            let list = match key.as_str() {
                "domain" => &mut self.domains,
                _ => &mut self.deny_paths,
            };
            add(list, &place, &paths, krate)?;
        }
        Ok(())
    }
}

fn add(
    list: &mut Vec<Path>,
    place: &str,
    paths: &[String],
    krate: Option<&str>,
) -> Result<(), ConfigError> {
    for text in paths {
        let mut path = path(text);
        if path.first().is_some_and(|first| first == "crate") {
            let krate = krate.ok_or_else(|| ConfigError::NoCrate {
                place: place.to_owned(),
                path: text.clone(),
            })?;
            krate.clone_into(&mut path[0]);
        }
        list.push(path);
    }
    Ok(())
}
