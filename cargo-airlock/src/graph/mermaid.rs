//! The graph in the format of Mermaid, for pages that render it, such as GitHub.

use std::fmt::Write;

use crate::graph::{Graph, Kind, Node};

/// The default limits of Mermaid. More edges or characters are an error.
const EDGES: usize = 500;
const LETTERS: usize = 50_000;

/// Returns a note if a flowchart exceeds the default limits of Mermaid.
pub(crate) fn too_large(graph: &Graph, text: &str) -> Option<String> {
    let (edges, letters) = (graph.edges.len(), text.chars().count());
    (edges > EDGES || letters > LETTERS).then(|| {
        format!(
            "{edges} edges and {letters} letters are more than pages with Mermaid draw by default ({EDGES} and \
             {LETTERS}): show fewer by --crate, --tag or --id, or draw it by --format svg or html"
        )
    })
}

pub(crate) fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        for (count, (group, nodes)) in graph.groups(kind).into_iter().enumerate() {
            let indent = if group.is_empty() { "  " } else { "    " };
            if !group.is_empty() {
                let title = format!("{group}: {}", kind.title());
                let _ = writeln!(
                    text,
                    "  subgraph g{number}_{count} [\"{}\"]",
                    escaped(&title)
                );
            }
            for index in nodes {
                let _ = writeln!(text, "{indent}n{index}{}", shape(&graph.nodes[index]));
            }
            if !group.is_empty() {
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

/// Returns the shape of a node: boundaries are stadiums, effects boxes, durable effects double
/// boxes, and resources cylinders.
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

fn escaped(text: &str) -> String {
    let text = text.replace('#', "#35;").replace('"', "#quot;");
    text.replace('<', "#lt;").replace('>', "#gt;")
}

#[cfg(test)]
mod tests {
    use super::{mermaid, too_large};
    use crate::graph::{Graph, Kind, Node};

    fn graph(groups: &[&str]) -> Graph {
        let mut graph = Graph::default();
        for group in groups {
            graph.nodes.push(Node {
                kind: Kind::Effect,
                label: "effect".to_owned(),
                detail: String::new(),
                group: (*group).to_owned(),
                facts: Vec::new(),
                marked: false,
            });
        }
        graph
    }

    #[test]
    fn groups_of_similar_names_are_apart() {
        let text = mermaid(&graph(&["my-pkg", "my_pkg"]));
        let ids: Vec<_> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("subgraph ")?.split(' ').next())
            .collect();
        assert_eq!(ids, ["g1_0", "g1_1"]);
    }

    #[test]
    fn what_mermaid_does_not_draw_by_default_is_said() {
        let mut graph = graph(&["a"; 2]);
        graph.edges = vec![(0, 1); 500];
        assert_eq!(too_large(&graph, &mermaid(&graph)), None);
        graph.edges.push((0, 1));
        let note = too_large(&graph, &mermaid(&graph)).expect("it is too large");
        assert!(note.contains("--format svg"), "{note}");
        graph.edges.clear();
        graph.nodes[0].label = "a".repeat(50_000);
        assert!(too_large(&graph, &mermaid(&graph)).is_some());
    }
}
