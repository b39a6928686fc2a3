//! The command `cargo airlock explain NAME`.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::build::Selection;
use crate::catalogue::Catalogue;
use crate::commands::lock_file::LockFile;
use crate::contract::{self, Aliases};
use crate::explanation::{BoundaryExplanation, Contract, EffectExplanation};
use crate::near::near;
use crate::record::{Boundary, Effect};
use crate::report::{BoxError, Report};

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Explain {
    /// The id or alias of an effect, the name of its function or intent type, or the name of a boundary
    name: String,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    file: LockFile,
    /// The output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Form,
}

/// The output format of an explanation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Labels and values, for people
    #[default]
    Text,
    /// JSON, for tools
    Json,
    /// Markdown, for a comment or a page
    Markdown,
}

/// The effects and boundaries of one name, as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    effects: Vec<EffectExplanation<'a>>,
    boundaries: Vec<BoundaryExplanation<'a>>,
}

/// An error that reports an unknown name.
#[derive(Debug, thiserror::Error)]
#[error("no effect and no boundary is named `{name}`{}{}", gone(*locked), hint(near))]
struct NoSuchName {
    name: String,
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
    /// Prints everything known about the effects and boundaries of one name.
    ///
    /// # Errors
    ///
    /// If a build or a read fails, or nothing has this name.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let catalogue = Catalogue::load(&self.selection)?;
        let boundaries = self.boundaries(&catalogue);
        let aliases = Aliases::find(&catalogue, &self.selection);
        let mut effects = Vec::new();
        for effect in self.effects(&catalogue) {
            let path = self.file.path(&self.selection)?;
            let contract = Contract::load(&path, effect, &catalogue, &aliases)?;
            effects.push(EffectExplanation::new(
                effect, &catalogue, contract, &aliases,
            ));
        }
        if effects.is_empty() && boundaries.is_empty() {
            return Err(self.unknown(&catalogue)?.into());
        }
        let boundaries = boundaries.into_iter();
        let answer = Answer {
            boundaries: boundaries
                .map(|boundary| BoundaryExplanation::new(boundary, &catalogue))
                .collect(),
            effects,
        };
        let text = match self.format {
            Form::Json => serde_json::to_string_pretty(&answer)? + "\n",
            Form::Text => each(&answer, EffectExplanation::text, BoundaryExplanation::text),
            Form::Markdown => each(
                &answer,
                EffectExplanation::markdown,
                BoundaryExplanation::markdown,
            ),
        };
        Ok(Report {
            text,
            notes: catalogue.notes,
            findings: catalogue.problems,
            failed: false,
        })
    }

    fn unknown(&self, catalogue: &Catalogue) -> Result<NoSuchName, BoxError> {
        let boundaries = catalogue.boundaries.iter();
        let known = catalogue.effects.iter().flat_map(Effect::names);
        let known = known.chain(boundaries.map(|boundary| boundary.name.as_str()));
        let near = near(&self.name, known).into_iter().take(3);
        let locked = contract::read_file(&self.file.path(&self.selection)?);
        Ok(NoSuchName {
            name: self.name.clone(),
            near: near.map(str::to_owned).collect(),
            locked: locked.is_ok_and(|locked| locked.effects.contains_key(&self.name)),
        })
    }

    /// Returns the effects with this id, alias or name. There are several if programs have
    /// different effects with the same id, or functions with the same name.
    fn effects<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a Effect> {
        let by = |names: fn(&Effect, &str) -> bool| -> Vec<&'a Effect> {
            let effects = catalogue.effects.iter();
            effects.filter(|effect| names(effect, &self.name)).collect()
        };
        let by_id = by(|effect, id| effect.names().any(|name| name == id));
        if by_id.is_empty() {
            by(|effect, name| effect.name == name || effect.intent == name)
        } else {
            by_id
        }
    }

    /// Returns the boundaries with this name, alone or after their module.
    fn boundaries<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a Boundary> {
        let boundaries = catalogue.boundaries.iter();
        boundaries
            .filter(|boundary| boundary.name == self.name || boundary.path() == self.name)
            .collect()
    }
}

fn each<'a>(
    answer: &Answer<'a>,
    effect: impl Fn(&EffectExplanation<'a>) -> String,
    boundary: impl Fn(&BoundaryExplanation<'a>) -> String,
) -> String {
    let effects = answer.effects.iter().map(effect);
    let boundaries = answer.boundaries.iter().map(boundary);
    effects.chain(boundaries).collect::<Vec<_>>().join("\n")
}
