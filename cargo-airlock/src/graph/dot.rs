//! The graph in the format of Graphviz.

use std::fmt::Write;

use crate::graph::{Graph, Kind};

pub(crate) fn dot(graph: &Graph) -> String {
    let mut text =
        "digraph effects {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", shape=box];\n"
            .to_owned();
    for kind in Kind::ALL {
        for (group, nodes) in graph.groups(kind) {
            if !group.is_empty() {
                let title = format!("{group}: {}", kind.title());
                let _ = writeln!(
                    text,
                    "  subgraph {} {{",
                    quoted(&format!("cluster {title}"))
                );
                let _ = writeln!(text, "    label={};", quoted(&title));
            }
            for index in nodes {
                let node = &graph.nodes[index];
                let style = match (kind, node.marked) {
                    (Kind::Boundary, true) => ", style=\"rounded,dashed\"",
                    (Kind::Boundary, false) => ", style=rounded",
                    (Kind::Effect, true) => ", peripheries=2",
                    (Kind::Effect, false) => "",
                    (Kind::Resource, _) => ", shape=cylinder",
                };
                let tooltip = quoted(&node.facts.join("\n"));
                let _ = writeln!(
                    text,
                    "    n{index} [label={}, tooltip={tooltip}{style}];",
                    quoted(&node.label)
                );
            }
            if !group.is_empty() {
                text.push_str("  }\n");
            }
        }
    }
    for (from, to) in &graph.edges {
        let style = match graph.nodes[*to].kind {
            Kind::Resource => " [style=dashed]",
            _ => "",
        };
        let _ = writeln!(text, "  n{from} -> n{to}{style};");
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
