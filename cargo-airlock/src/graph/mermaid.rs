//! The graph for pages that draw Mermaid, such as GitHub's.

use std::fmt::Write;

use crate::graph::{Graph, Kind, Node};

pub(crate) fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        for (package, nodes) in graph.packages(kind) {
            let indent = if package.is_empty() { "  " } else { "    " };
            if !package.is_empty() {
                let title = format!("{package}: {}", kind.title());
                let _ = writeln!(
                    text,
                    "  subgraph g{number}_{} [\"{}\"]",
                    slug(package),
                    escaped(&title)
                );
            }
            for index in nodes {
                let _ = writeln!(text, "{indent}n{index}{}", shape(&graph.nodes[index]));
            }
            if !package.is_empty() {
                text.push_str("  end\n");
            }
        }
    }
    for (from, to) in &graph.edges {
        let arrow = match graph.nodes[*to].kind {
            Kind::Resource => "-.->",
            _ => "-->",
        };
        let _ = writeln!(text, "  n{from} {arrow} n{to}");
    }
    text
}

/// Boundaries are stadiums, effects boxes, durable ones double boxes, resources cylinders.
fn shape(node: &Node) -> String {
    let label = escaped(&node.label);
    match (node.kind, node.marked) {
        (Kind::Boundary, true) => format!("([\"{label}<br/>may emit anything\"])"),
        (Kind::Boundary, false) => format!("([\"{label}\"])"),
        (Kind::Effect, true) => format!("[[\"{label}\"]]"),
        (Kind::Effect, false) => format!("[\"{label}\"]"),
        (Kind::Resource, _) => format!("[(\"{label}\")]"),
    }
}

fn slug(package: &str) -> String {
    package.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}

fn escaped(text: &str) -> String {
    let text = text.replace('#', "#35;").replace('"', "#quot;");
    text.replace('<', "#lt;").replace('>', "#gt;")
}
