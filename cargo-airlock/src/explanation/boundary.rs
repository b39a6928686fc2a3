//! Explanations of boundaries.

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::explanation::Facts;
use crate::record::{Boundary, Effect};

/// Everything known about one boundary.
#[derive(Serialize)]
pub(crate) struct BoundaryExplanation<'a> {
    #[serde(flatten)]
    boundary: &'a Boundary,
    /// The effects that may run because of it: those that it emits, and those that these emit.
    reaches: Vec<Reached<'a>>,
}

/// An effect that may run because of a boundary.
#[derive(Serialize)]
pub(crate) struct Reached<'a> {
    id: &'a str,
    place: &'a str,
    /// The effects that lead to it, the first of which the boundary emits.
    through: Vec<&'a str>,
    #[serde(skip)]
    effect: &'a Effect,
}

impl<'a> BoundaryExplanation<'a> {
    pub(crate) fn new(boundary: &'a Boundary, catalogue: &'a Catalogue) -> Self {
        let mut reaches: Vec<Reached<'a>> = Vec::new();
        let mut open: Vec<(&str, Vec<&str>)> = boundary
            .emits
            .iter()
            .flatten()
            .map(|id| (id.as_str(), Vec::new()))
            .collect();
        open.reverse();
        while let Some((id, through)) = open.pop() {
            let known = reaches.iter().any(|reached| reached.id == id);
            let effect = catalogue.effects.iter().find(|effect| effect.id == id);
            let Some(effect) = effect.filter(|_| !known) else {
                continue;
            };
            for next in effect.emits.iter().flatten().rev() {
                let mut through = through.clone();
                through.push(id);
                open.push((next, through));
            }
            reaches.push(Reached {
                id,
                place: &effect.place,
                through,
                effect,
            });
        }
        Self { boundary, reaches }
    }

    fn facts(&self) -> Facts {
        let boundary = self.boundary;
        let mut facts = Facts::new(&boundary.name, &boundary.docs);
        let asyncness = if boundary.is_async { "async" } else { "sync" };
        facts.push(
            "declared",
            format!("{asyncness} boundary, at {}", boundary.place),
        );
        facts.push(
            "in",
            format!("{} (package {})", boundary.module, boundary.package),
        );
        match &boundary.emits {
            None => facts.push("emits", "anything, since it declares no `emits(..)`"),
            Some(ids) if ids.is_empty() => facts.push("emits", "nothing"),
            Some(_) => {}
        }
        for reached in &self.reaches {
            let through = match &reached.through[..] {
                [] => String::new(),
                through => format!(" through {}", through.join(", ")),
            };
            let label = match reached.through.is_empty() {
                true => "emits",
                false => "reaches",
            };
            facts.push(
                label,
                format!("{}{through}, at {}", reached.id, reached.place),
            );
        }
        for reached in &self.reaches {
            for need in &reached.effect.resources {
                let line = format!("&{}, for {}", need.type_name, reached.id);
                facts.push("needs", line);
            }
        }
        facts.push("airlock", &boundary.airlock);
        facts
    }

    pub(crate) fn text(&self) -> String {
        self.facts().text()
    }

    pub(crate) fn markdown(&self) -> String {
        self.facts().markdown()
    }
}
