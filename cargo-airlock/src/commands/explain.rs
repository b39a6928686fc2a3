//! The command `cargo airlock explain ID`.

use std::fmt::Write;

use clap::Args;

use crate::build::Selection;
use crate::catalogue::Catalogue;
use crate::commands::list::{declares, duration};
use crate::commands::lock::diff;
use crate::commands::lock_file::LockFile;
use crate::contract::{self, Aliases, ArgumentContract, Contracts, FileError, changes_of};
use crate::near::near;
use crate::record::{Argument, Effect};
use crate::report::{BOLD, BoxError, GREEN, Report};

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Explain {
    /// The effect's id or alias, or the name of its function or intent type
    id: String,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    file: LockFile,
}

/// An error that reports an unknown effect.
#[derive(Debug, thiserror::Error)]
#[error("no effect is named `{id}`{}{}", gone(*locked), match boundary {
    Some(place) => format!(": it is a boundary, at {place}"),
    None => hint(near),
})]
struct NoSuchEffect {
    id: String,
    /// The place of a boundary with this name, if there is one.
    boundary: Option<String>,
    near: Vec<String>,
    /// `true` if the lock file has an effect with this id.
    locked: bool,
}

fn gone(locked: bool) -> &'static str {
    match locked {
        true => {
            " any more: the lock file has it, so it was removed since, or renamed without `alias(..)`"
        }
        false => "",
    }
}

fn hint(near: &[String]) -> String {
    match near {
        [] => "; `cargo airlock list` shows all".to_owned(),
        [only] => format!("; did you mean `{only}`?"),
        several => format!("; did you mean one of: `{}`?", several.join("`, `")),
    }
}

impl Explain {
    /// Prints everything known about one effect.
    ///
    /// # Errors
    ///
    /// If a build or a read fails, or there is no such effect.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let catalogue = Catalogue::load(&self.selection)?;
        let effects = self.effects(&catalogue);
        if effects.is_empty() {
            let known = catalogue.effects.iter().flat_map(Effect::names);
            let near = near(&self.id, known).into_iter().take(3).map(str::to_owned);
            let locked = contract::read_file(&self.file.path(&self.selection)?);
            let locked = locked.is_ok_and(|locked| locked.effects.contains_key(&self.id));
            let mut boundaries = catalogue.boundaries.iter();
            let boundary = boundaries.find(|boundary| boundary.name == self.id);
            return Err(NoSuchEffect {
                id: self.id.clone(),
                boundary: boundary.map(|boundary| boundary.place.clone()),
                near: near.collect(),
                locked,
            }
            .into());
        }
        let aliases = Aliases::find(&catalogue, &self.selection);
        let mut text = String::new();
        for effect in effects {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&declaration(effect, &aliases));
            text.push_str(&emitters(effect, &catalogue));
            text.push_str(&self.contract(effect, &catalogue, &aliases)?);
        }
        Ok(Report {
            text,
            notes: catalogue.notes,
            findings: catalogue.problems,
            failed: false,
        })
    }

    /// Returns the effects with this id, alias or name. There are several if programs have
    /// different effects with the same id, or functions with the same name.
    fn effects<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a Effect> {
        let by = |names: fn(&Effect, &str) -> bool| -> Vec<&'a Effect> {
            let effects = catalogue.effects.iter();
            effects.filter(|effect| names(effect, &self.id)).collect()
        };
        let by_id = by(|effect, id| effect.names().any(|name| name == id));
        if by_id.is_empty() {
            by(|effect, name| effect.name == name || effect.intent == name)
        } else {
            by_id
        }
    }

    fn contract(
        &self,
        effect: &Effect,
        catalogue: &Catalogue,
        aliases: &Aliases,
    ) -> Result<String, BoxError> {
        let path = self.file.path(&self.selection)?;
        let before = match contract::read_file(&path) {
            Ok(before) => before,
            Err(FileError::Missing(_)) => {
                return Ok(line("contract", "not locked: there is no lock file"));
            }
            Err(error) => return Err(error.into()),
        };
        // Leave out effects of other programs that have the same id.
        let own = Catalogue {
            effects: vec![effect.clone()],
            ..Catalogue::default()
        };
        let after = Contracts::from_catalogue(&own, aliases)?;
        let locked = |id: &String| effect.names().any(|name| name == id);
        let before = Contracts {
            effects: before
                .effects
                .into_iter()
                .filter(|(id, _)| locked(id))
                .collect(),
            ..Contracts::default()
        };
        let shown = path.display();
        if before.effects.is_empty() {
            return Ok(line("contract", &format!("not in {shown} yet")));
        }
        let changes = changes_of(&before, &after, catalogue);
        if changes.is_empty() {
            let same = format!("{GREEN}as locked{GREEN:#} in {shown}");
            return Ok(line("contract", &same));
        }
        Ok(line(
            "contract",
            &format!("changed since it was locked in {shown}"),
        ) + &diff(&changes))
    }
}

/// Formats a label and its value in two columns.
fn line(word: &str, text: &str) -> String {
    format!("  {word:<10} {text}\n")
}

fn declaration(effect: &Effect, aliases: &Aliases) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n", effect.id);
    for docs in effect.docs.lines() {
        let _ = writeln!(text, "{}", format!("  {docs}").trim_end());
    }
    if !effect.docs.is_empty() {
        text.push('\n');
    }
    let asyncness = if effect.is_async { "async fn" } else { "fn" };
    let fails = if effect.fallible {
        ", which can fail"
    } else {
        ""
    };
    let place = format!("{}:{}", effect.place, effect.column);
    text += &line(
        "declared",
        &format!("{asyncness} {}{fails}, at {place}", effect.name),
    );
    text += &line(
        "in",
        &format!("{} (package {})", effect.module, effect.package),
    );
    text += &line("intent", &effect.intent);
    for argument in &effect.arguments {
        text += &line("argument", &told(effect, argument, aliases));
    }
    for resource in &effect.resources {
        text += &line(
            "needs",
            &format!("{}: &{}", resource.name, resource.type_name),
        );
    }
    let declares = declares(effect);
    if !declares.is_empty() {
        text += &line("declares", &declares.join(", "));
    }
    if effect.key.is_some() {
        text += &line(
            "coalesces",
            &format!("the {} intent of each key is kept", effect.keeps),
        );
    }
    if let Some(waits) = effect.waits {
        let growth = format!(
            "waits {} after the first attempt, then {} times as long, at most {}",
            duration(waits.first_ms),
            waits.factor,
            duration(waits.longest_ms)
        );
        text += &line("retries", &growth);
    }
    text + &line("airlock", &effect.airlock)
}

/// Describes an argument, with the facts that the lock file has of it.
fn told(effect: &Effect, argument: &Argument, aliases: &Aliases) -> String {
    let contract = ArgumentContract::from_argument(effect, argument, aliases);
    let mut text = format!("{}: {}", argument.name, argument.type_name);
    let is_alias = contract.resolves_alias(argument);
    let facts = [
        is_alias.then(|| format!("an alias of {}", contract.type_name)),
        argument.redacted.then(|| "redacted".to_owned()),
        contract
            .default
            .then(|| "may be missing in a stored message".to_owned()),
        contract
            .left_out
            .then(|| "left out of some messages".to_owned()),
        argument
            .encoded_as
            .as_ref()
            .map(|name| format!("stored as `{name}`")),
        (!contract.formerly.is_empty()).then(|| {
            let names: Vec<_> = contract.formerly.iter().map(String::as_str).collect();
            format!("read as `{}`, too", names.join("`, `"))
        }),
        contract
            .encoded_by
            .as_ref()
            .map(|form| format!("encoded by {form}")),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    if !facts.is_empty() {
        let _ = write!(text, " ({})", facts.join(", "));
    }
    text
}

fn emitters(effect: &Effect, catalogue: &Catalogue) -> String {
    let mut text = String::new();
    let mut open = 0;
    for boundary in &catalogue.boundaries {
        match &boundary.emits {
            None => open += 1,
            Some(ids) if ids.contains(&effect.id) => {
                let name = format!("{}::{}", boundary.module, boundary.name);
                text += &line("emitted by", &format!("{name}, at {}", boundary.place));
            }
            Some(_) => {}
        }
    }
    if text.is_empty() {
        text += &line("emitted by", "no boundary declares it");
    }
    if open > 0 {
        let boundaries = if open == 1 {
            "boundary says"
        } else {
            "boundaries say"
        };
        text += &line("", &format!("{open} {boundaries} nothing, and may emit it"));
    }
    text
}
