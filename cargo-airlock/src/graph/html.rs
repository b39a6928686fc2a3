//! The drawing in a page that answers the pointer: what belongs together lights up, and a search
//! finds names. It loads nothing.

use crate::graph::svg::drawing;
use crate::graph::{Graph, Kind};

const PAGE: &str = include_str!("page.html");

pub(crate) fn html(graph: &Graph) -> String {
    let count = |kind: Kind| graph.nodes.iter().filter(|node| node.kind == kind).count();
    let durable = graph
        .nodes
        .iter()
        .filter(|node| node.kind == Kind::Effect && node.marked);
    let open = graph
        .nodes
        .iter()
        .filter(|node| node.kind == Kind::Boundary && node.marked);
    PAGE.replace("{drawing.css}", include_str!("drawing.css"))
        .replace("{effects}", &count(Kind::Effect).to_string())
        .replace("{durable}", &durable.count().to_string())
        .replace("{boundaries}", &count(Kind::Boundary).to_string())
        .replace("{open}", &open.count().to_string())
        // Last, since names may hold anything.
        .replace("{drawing}", &drawing(graph, ""))
}
