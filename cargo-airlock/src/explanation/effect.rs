//! Explanations of effects.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::commands::list::{declares, duration};
use crate::commands::lock;
use crate::contract::{self, Aliases, ArgumentContract, Change, Contracts, FileError, changes_of};
use crate::explanation::Facts;
use crate::record::{Argument, Boundary, Effect};
use crate::report::{BoxError, GREEN};

/// Everything known about one effect.
#[derive(Serialize)]
pub(crate) struct EffectExplanation<'a> {
    #[serde(flatten)]
    effect: &'a Effect,
    /// The boundaries and effects that declare to emit it.
    emitted_by: Vec<Emitter<'a>>,
    /// The number of boundaries that may emit anything.
    open_boundaries: usize,
    contract: Contract,
    /// The arguments in words.
    #[serde(skip)]
    arguments: Vec<String>,
}

/// A boundary or an effect that declares to emit an effect.
#[derive(Serialize)]
struct Emitter<'a> {
    /// The path of the boundary, or the id of the effect.
    name: String,
    place: &'a str,
}

/// The state of a contract in the lock file.
#[derive(Serialize)]
pub(crate) struct Contract {
    /// The lock file, if there is one.
    lock_file: Option<String>,
    /// `true` if the lock file has the effect.
    locked: bool,
    /// The changes since it was locked.
    changes: Vec<Change>,
}

impl Contract {
    /// Compares an effect with its contract in the lock file.
    ///
    /// # Errors
    ///
    /// If the lock file cannot be read.
    pub(crate) fn load(
        path: &Path,
        effect: &Effect,
        catalogue: &Catalogue,
        aliases: &Aliases,
    ) -> Result<Self, BoxError> {
        let before = match contract::read_file(path) {
            Ok(before) => before,
            Err(FileError::Missing(_)) => {
                return Ok(Self {
                    lock_file: None,
                    locked: false,
                    changes: Vec::new(),
                });
            }
            Err(error) => return Err(error.into()),
        };
        // Leave out effects of other programs that have the same id.
        let own = Catalogue {
            effects: vec![effect.clone()],
            ..Catalogue::default()
        };
        let after = Contracts::from_catalogue(&own, aliases)?;
        let named = |id: &String| effect.names().any(|name| name == id);
        let effects = before.effects.into_iter();
        let before = Contracts {
            effects: effects.filter(|(id, _)| named(id)).collect(),
            ..Contracts::default()
        };
        let locked = !before.effects.is_empty();
        Ok(Self {
            lock_file: Some(path.display().to_string()),
            locked,
            changes: match locked {
                true => changes_of(&before, &after, catalogue),
                false => Vec::new(),
            },
        })
    }

    fn summary(&self) -> String {
        let Some(path) = &self.lock_file else {
            return "not locked: there is no lock file".to_owned();
        };
        match (self.locked, self.changes.is_empty()) {
            (false, _) => format!("not in {path} yet"),
            (true, true) => format!("as locked in {path}"),
            (true, false) => format!("changed since it was locked in {path}"),
        }
    }
}

impl<'a> EffectExplanation<'a> {
    pub(crate) fn new(
        effect: &'a Effect,
        catalogue: &'a Catalogue,
        contract: Contract,
        aliases: &Aliases,
    ) -> Self {
        let emits = |emits: &Option<Vec<String>>| {
            let mut ids = emits.iter().flatten();
            ids.any(|id| *id == effect.id)
        };
        let boundaries = catalogue.boundaries.iter();
        let boundaries = boundaries.filter(|it| emits(&it.emits)).map(|it| Emitter {
            name: it.path(),
            place: &it.place,
        });
        let effects = catalogue.effects.iter();
        let effects = effects.filter(|it| emits(&it.emits)).map(|it| Emitter {
            name: it.id.clone(),
            place: &it.place,
        });
        let open = |boundary: &&Boundary| boundary.emits.is_none();
        Self {
            effect,
            emitted_by: boundaries.chain(effects).collect(),
            open_boundaries: catalogue.boundaries.iter().filter(open).count(),
            contract,
            arguments: effect
                .arguments
                .iter()
                .map(|argument| told(effect, argument, aliases))
                .collect(),
        }
    }

    fn facts(&self) -> Facts {
        let effect = self.effect;
        let mut facts = Facts::new(&effect.id, &effect.docs);
        let asyncness = if effect.is_async { "async fn" } else { "fn" };
        let fails = if effect.fallible {
            ", which can fail"
        } else {
            ""
        };
        let place = format!("{}:{}", effect.place, effect.column);
        let declared = format!("{asyncness} {}{fails}, at {place}", effect.name);
        facts.push("declared", declared);
        facts.push(
            "in",
            format!("{} (package {})", effect.module, effect.package),
        );
        facts.push("intent", &effect.intent);
        for argument in &self.arguments {
            facts.push("argument", argument);
        }
        for resource in &effect.resources {
            let need = format!("{}: &{}", resource.name, resource.type_name);
            facts.push("needs", need);
        }
        let declares = declares(effect);
        if !declares.is_empty() {
            facts.push("declares", declares.join(", "));
        }
        if effect.key.is_some() {
            let kept = format!("the {} intent of each key is kept", effect.keeps);
            facts.push("coalesces", kept);
        }
        if let Some(waits) = effect.waits {
            let growth = format!(
                "waits {} after the first attempt, then {} times as long, at most {}",
                duration(waits.first_ms),
                waits.factor,
                duration(waits.longest_ms)
            );
            facts.push("retries", growth);
        }
        match effect.emits.as_deref() {
            None => {}
            Some([]) => facts.push("emits", "nothing"),
            Some(ids) => facts.push("emits", ids.join(", ")),
        }
        facts.push("airlock", &effect.airlock);
        self.emitters(&mut facts);
        facts
    }

    fn emitters(&self, facts: &mut Facts) {
        for emitter in &self.emitted_by {
            let line = format!("{}, at {}", emitter.name, emitter.place);
            facts.push("emitted by", line);
        }
        if self.emitted_by.is_empty() {
            facts.push("emitted by", "no boundary or effect declares it");
        }
        match self.open_boundaries {
            0 => {}
            1 => facts.push("", "1 boundary says nothing, and may emit it"),
            open => facts.push(
                "",
                format!("{open} boundaries say nothing, and may emit it"),
            ),
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut facts = self.facts();
        let summary = self.contract.summary();
        let summary = match summary.strip_prefix("as locked") {
            Some(rest) => format!("{GREEN}as locked{GREEN:#}{rest}"),
            None => summary,
        };
        facts.push("contract", summary);
        facts.text() + &lock::diff(&self.contract.changes)
    }

    pub(crate) fn markdown(&self) -> String {
        let mut facts = self.facts();
        facts.push("contract", self.contract.summary());
        let mut text = facts.markdown();
        if !self.contract.changes.is_empty() {
            let _ = write!(text, "\n{}", lock::markdown(&self.contract.changes));
        }
        text
    }
}

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
