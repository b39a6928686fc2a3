//! The graph of boundaries, the effects that they declare to emit, the effects that those emit in
//! turn, and the resources of effects.

mod dot;
#[cfg(test)]
mod geometry;
mod grouping;
mod html;
mod layout;
mod mermaid;
mod svg;

use std::collections::BTreeMap;

use crate::catalogue::Catalogue;
use crate::commands::list::declares;
use crate::record::summary;

pub(crate) use self::dot::dot;
pub(crate) use self::grouping::Grouping;
pub(crate) use self::html::html;
pub(crate) use self::mermaid::{mermaid, too_large};
pub(crate) use self::svg::svg;

/// The graph to draw.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// The nodes: boundaries, then effects, then resources. Boundaries and effects are sorted by
    /// group.
    pub(crate) nodes: Vec<Node>,
    /// The edges, as pairs of source and target.
    pub(crate) edges: Vec<(usize, usize)>,
}

/// A boundary, an effect or a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// The kind of the node.
    pub(crate) kind: Kind,
    /// The text in its box.
    pub(crate) label: String,
    /// The second line in its box.
    pub(crate) detail: String,
    /// The group, which is drawn as a frame; empty for none.
    pub(crate) group: String,
    /// Further facts, shown in a tooltip.
    pub(crate) facts: Vec<String>,
    /// `true` if a boundary may emit anything, or an effect is durable.
    pub(crate) marked: bool,
}

/// The kind of a node, which determines its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// In the left column.
    Boundary,
    /// In the middle column.
    Effect,
    /// In the right column.
    Resource,
}

impl Kind {
    /// All kinds, from left to right.
    pub(crate) const ALL: [Self; 3] = [Self::Boundary, Self::Effect, Self::Resource];

    /// Returns the plural.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Boundary => "boundaries",
            Self::Effect => "effects",
            Self::Resource => "resources",
        }
    }

    /// Returns the number, followed by the singular or plural.
    fn counted(self, number: usize) -> String {
        let word = if number == 1 {
            self.word()
        } else {
            self.title()
        };
        format!("{number} {word}")
    }

    /// Returns the singular, which is also the CSS class.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Boundary => "boundary",
            Self::Effect => "effect",
            Self::Resource => "resource",
        }
    }
}

impl Graph {
    /// Builds the graph of a catalogue.
    pub(crate) fn new(catalogue: &Catalogue, grouping: Grouping) -> Self {
        let mut graph = Self::default();
        let mut boundaries: Vec<_> = catalogue.boundaries.iter().collect();
        boundaries.sort_by(|a, b| grouping.of_boundary(a).cmp(grouping.of_boundary(b)));
        for boundary in &boundaries {
            let anything = boundary.emits.is_none();
            graph.nodes.push(Node {
                kind: Kind::Boundary,
                label: boundary.name.clone(),
                detail: match anything {
                    true => "may emit anything".to_owned(),
                    false => boundary.module.clone(),
                },
                group: grouping.of_boundary(boundary).to_owned(),
                facts: facts([&summary(&boundary.docs), &boundary.place]),
                marked: anything,
            });
        }
        let mut effects: Vec<_> = catalogue.effects.iter().collect();
        effects.sort_by(|a, b| grouping.of_effect(a).cmp(grouping.of_effect(b)));
        let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for effect in &effects {
            by_id.entry(&effect.id).or_default().push(graph.nodes.len());
            let arguments = effect.arguments.iter();
            let arguments: Vec<_> = arguments
                .map(|argument| format!("{}: {}", argument.name, argument.type_name))
                .collect();
            graph.nodes.push(Node {
                kind: Kind::Effect,
                label: effect.id.clone(),
                detail: format!("{}({})", effect.intent, names(effect)),
                group: grouping.of_effect(effect).to_owned(),
                facts: facts([
                    &summary(&effect.docs),
                    &arguments.join(", "),
                    &declares(effect).join(", "),
                    &effect.place,
                ]),
                marked: effect.durable,
            });
        }
        for (from, boundary) in boundaries.iter().enumerate() {
            let ids = boundary.emits.iter().flatten();
            let to = ids.flat_map(|id| by_id.get(id.as_str()).into_iter().flatten());
            graph.edges.extend(to.map(|to| (from, *to)));
        }
        for (index, effect) in effects.iter().enumerate() {
            let ids = effect.emits.iter().flatten();
            let to = ids.flat_map(|id| by_id.get(id.as_str()).into_iter().flatten());
            let from = boundaries.len() + index;
            graph.edges.extend(to.map(|to| (from, *to)));
        }
        graph.resources(&effects, boundaries.len());
        graph.edges.sort_unstable();
        graph.edges.dedup();
        graph
    }

    /// Adds the resources. Records hold their types as written, so types of the same name are one
    /// node.
    fn resources(&mut self, effects: &[&crate::record::Effect], first: usize) {
        let mut known: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, effect) in effects.iter().enumerate() {
            for resource in &effect.resources {
                known
                    .entry(&resource.type_name)
                    .or_default()
                    .push(first + index);
            }
        }
        for (name, needed_by) in known {
            let node = self.nodes.len();
            let number = needed_by.len();
            let effects = if number == 1 { "effect" } else { "effects" };
            self.nodes.push(Node {
                kind: Kind::Resource,
                label: name.to_owned(),
                detail: format!("needed by {number} {effects}"),
                group: String::new(),
                facts: Vec::new(),
                marked: false,
            });
            self.edges
                .extend(needed_by.into_iter().map(|effect| (effect, node)));
        }
    }

    /// Returns the nodes of one kind, by group.
    pub(crate) fn groups(&self, kind: Kind) -> BTreeMap<&str, Vec<usize>> {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if node.kind == kind {
                groups.entry(&node.group).or_default().push(index);
            }
        }
        groups
    }
}

fn names(effect: &crate::record::Effect) -> String {
    let names = effect
        .arguments
        .iter()
        .map(|argument| argument.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

fn facts<const N: usize>(facts: [&str; N]) -> Vec<String> {
    let facts = facts.into_iter().filter(|fact| !fact.is_empty());
    facts.map(str::to_owned).collect()
}
