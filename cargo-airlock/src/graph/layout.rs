//! Computes the positions in the drawing: three columns, each with a frame around the nodes of one
//! group. Text uses a monospaced font, so the size of each box is known and nothing overlaps.

use crate::graph::{Graph, Kind};

/// The width of a character of a label, in pixels, at a font size of 13 pixels.
const LETTER: f64 = 7.85;
/// The width of a character of the second line, at 11 pixels.
const SMALL_LETTER: f64 = 6.65;
/// The width of a character of a frame's title, at 12 pixels.
const TITLE_LETTER: f64 = 7.3;
/// The maximum number of characters. Longer text is truncated.
pub(super) const LONGEST: usize = 44;

const NODE_HEIGHT: f64 = 44.0;
const NODE_GAP: f64 = 12.0;
/// The maximum extra gap between nodes in a column that is shorter than another.
const STRETCH: f64 = 72.0;
const FRAME_PADDING: f64 = 12.0;
const FRAME_TITLE: f64 = 24.0;
const FRAME_GAP: f64 = 22.0;
const COLUMN_GAP: f64 = 150.0;
const MARGIN: f64 = 24.0;
const HEADER: f64 = 40.0;

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The whole drawing.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The box of each node.
    pub(super) nodes: Vec<Area>,
    /// The frames, with the names of their groups.
    pub(super) frames: Vec<(String, Area)>,
    /// The kinds of the columns, and their left edges.
    pub(super) columns: Vec<(Kind, f64)>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Layout {
    pub(super) fn new(graph: &Graph) -> Self {
        let columns = Kind::ALL.map(|kind| groups(graph, kind));
        let columns = untangled(graph, columns);
        let mut layout = Self {
            nodes: vec![Area::default(); graph.nodes.len()],
            ..Self::default()
        };
        let heights = columns.each_ref().map(|column| height(column, NODE_GAP));
        let tallest = heights.iter().copied().fold(0.0, f64::max);
        let mut x = MARGIN;
        for (kind, column) in Kind::ALL.into_iter().zip(&columns) {
            if !column.is_empty() {
                let gap = stretched(column, tallest);
                let top = HEADER + MARGIN + (tallest - height(column, gap)) / 2.0;
                layout.columns.push((kind, x));
                x = layout.column(graph, column, gap, (x, top)) + COLUMN_GAP;
            }
        }
        layout.width = (x - COLUMN_GAP).max(0.0) + MARGIN;
        layout.height = HEADER + 2.0 * MARGIN + tallest;
        layout
    }

    /// Places a column, and returns its right edge.
    fn column(&mut self, graph: &Graph, column: &[Group], gap: f64, (x, mut y): (f64, f64)) -> f64 {
        let nodes = column.iter().flat_map(|group| &group.nodes);
        let widths = nodes.map(|node| width(graph, *node));
        let titles = column.iter().map(|group| title_width(&group.name));
        let width = widths.chain(titles).fold(120.0, f64::max);
        for group in column {
            let top = y;
            let inset = group.inset();
            y += group.title() + inset;
            for node in &group.nodes {
                self.nodes[*node] = Area {
                    x: x + FRAME_PADDING,
                    y,
                    width,
                    height: NODE_HEIGHT,
                };
                y += NODE_HEIGHT + gap;
            }
            y += inset - gap;
            if !group.name.is_empty() {
                let area = Area {
                    x,
                    y: top,
                    width: width + 2.0 * FRAME_PADDING,
                    height: y - top,
                };
                self.frames.push((group.name.clone(), area));
            }
            y += FRAME_GAP;
        }
        x + width + 2.0 * FRAME_PADDING
    }
}

/// The nodes of one group in one column.
#[derive(Clone, Debug)]
struct Group {
    name: String,
    nodes: Vec<usize>,
}

impl Group {
    fn title(&self) -> f64 {
        if self.name.is_empty() {
            0.0
        } else {
            FRAME_TITLE
        }
    }

    fn inset(&self) -> f64 {
        if self.name.is_empty() {
            0.0
        } else {
            FRAME_PADDING
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 effects")]
    fn height(&self, gap: f64) -> f64 {
        let nodes = self.nodes.len() as f64;
        self.title() + 2.0 * self.inset() + nodes * (NODE_HEIGHT + gap) - gap
    }
}

fn height(column: &[Group], gap: f64) -> f64 {
    let heights = column.iter().map(|group| group.height(gap) + FRAME_GAP);
    (heights.sum::<f64>() - FRAME_GAP).max(0.0)
}

/// Returns the gap that brings a column closer to the height of the tallest one, so that fewer
/// lines are steep.
#[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 effects")]
fn stretched(column: &[Group], tallest: f64) -> f64 {
    let gaps: usize = column.iter().map(|group| group.nodes.len() - 1).sum();
    let spare = tallest - height(column, NODE_GAP);
    NODE_GAP + (spare / gaps.max(1) as f64).min(STRETCH)
}

#[allow(clippy::cast_precision_loss, reason = "at most LONGEST letters")]
fn width(graph: &Graph, node: usize) -> f64 {
    let node = &graph.nodes[node];
    let letters = |text: &str| text.chars().count().min(LONGEST) as f64;
    (letters(&node.label) * LETTER).max(letters(&node.detail) * SMALL_LETTER) + 32.0
}

/// Returns the width of a frame's title, which is in the frame's padding, too.
#[allow(clippy::cast_precision_loss, reason = "at most LONGEST letters")]
fn title_width(name: &str) -> f64 {
    name.chars().count().min(LONGEST) as f64 * TITLE_LETTER
}

fn groups(graph: &Graph, kind: Kind) -> Vec<Group> {
    let groups = graph.groups(kind).into_iter();
    let group = |(name, nodes): (&str, Vec<usize>)| Group {
        name: name.to_owned(),
        nodes,
    };
    groups.map(group).collect()
}

/// Moves connected nodes to the same height, while keeping groups together. Each node, and each
/// group, moves to the average position of its neighbours. Neighbours on the left count most,
/// because the emitted effects of a boundary are read first. Eight rounds are enough.
fn untangled(graph: &Graph, mut columns: [Vec<Group>; 3]) -> [Vec<Group>; 3] {
    let near = neighbours(graph);
    for round in 0..8 {
        let order: [usize; 3] = if round % 2 == 0 { [0, 1, 2] } else { [2, 1, 0] };
        for column in order {
            let ranks = ranks(graph, &columns);
            let pulls: Vec<_> = near.iter().map(|near| pull(near, &ranks)).collect();
            for group in &mut columns[column] {
                group.nodes.sort_by(|a, b| pulls[*a].total_cmp(&pulls[*b]));
            }
            let mean = |group: &Group| {
                let sum: f64 = group.nodes.iter().map(|node| pulls[*node]).sum();
                #[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 effects")]
                let count = group.nodes.len() as f64;
                sum / count
            };
            columns[column].sort_by(|a, b| mean(a).total_cmp(&mean(b)));
        }
    }
    columns
}

/// Returns the neighbours of each node, with their weights.
fn neighbours(graph: &Graph) -> Vec<Vec<(usize, f64)>> {
    let mut near = vec![Vec::new(); graph.nodes.len()];
    for &(from, to) in &graph.edges {
        near[from].push((to, 1.0));
        near[to].push((from, 8.0));
    }
    near
}

/// Returns the position that a node is drawn to.
fn pull(near: &[(usize, f64)], ranks: &[f64]) -> f64 {
    let weights: f64 = near.iter().map(|(_, weight)| weight).sum();
    if weights > 0.0 {
        let sum: f64 = near
            .iter()
            .map(|(node, weight)| ranks[*node] * weight)
            .sum();
        sum / weights
    } else {
        1.0 // Unconnected nodes go to the end.
    }
}

/// Returns the relative position of each node in its column, from 0 at the top to 1.
#[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 effects")]
fn ranks(graph: &Graph, columns: &[Vec<Group>; 3]) -> Vec<f64> {
    let mut ranks = vec![0.0; graph.nodes.len()];
    for column in columns {
        let nodes: Vec<_> = column.iter().flat_map(|group| &group.nodes).collect();
        for (index, node) in nodes.iter().enumerate() {
            ranks[**node] = (index as f64 + 0.5) / nodes.len() as f64;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::{Area, Layout};
    use crate::graph::{Graph, Kind, Node};

    /// Returns a graph with groups of different sizes, long names, and edges between all columns.
    fn large() -> Graph {
        let mut graph = Graph::default();
        for (kind, number) in [
            (Kind::Boundary, 60),
            (Kind::Effect, 200),
            (Kind::Resource, 30),
        ] {
            for index in 0..number {
                graph.nodes.push(Node {
                    kind,
                    label: "name".repeat(index % 20),
                    detail: "ü".repeat(index % 60),
                    group: match kind {
                        Kind::Resource => String::new(),
                        _ => format!("group-{}", index % 7),
                    },
                    facts: Vec::new(),
                    marked: false,
                });
            }
        }
        for index in 0..200 {
            graph.edges.push((index * 7 % 60, 60 + index));
            graph.edges.push((60 + index, 260 + index * 11 % 30));
        }
        graph
    }

    fn overlap(a: &Area, b: &Area) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    fn within(inner: &Area, outer: &Area) -> bool {
        inner.x >= outer.x
            && inner.y >= outer.y
            && inner.x + inner.width <= outer.x + outer.width
            && inner.y + inner.height <= outer.y + outer.height
    }

    #[test]
    fn nothing_overlaps_and_all_is_within_its_frame() {
        let graph = large();
        let layout = Layout::new(&graph);
        for (index, area) in layout.nodes.iter().enumerate() {
            for other in &layout.nodes[..index] {
                assert!(!overlap(area, other), "{area:?} {other:?}");
            }
        }
        let frames: Vec<_> = layout.frames.iter().map(|(_, area)| *area).collect();
        assert_eq!(frames.len(), 14);
        for (index, frame) in frames.iter().enumerate() {
            assert!(!frames[..index].iter().any(|other| overlap(frame, other)));
        }
        for (node, area) in graph.nodes.iter().zip(&layout.nodes) {
            let mut frames = layout.frames.iter();
            let framed = frames.any(|(name, frame)| *name == node.group && within(area, frame));
            assert_eq!(framed, !node.group.is_empty());
        }
        let page = Area {
            x: 0.0,
            y: 0.0,
            width: layout.width,
            height: layout.height,
        };
        assert!(layout.nodes.iter().all(|area| within(area, &page)));
    }

    #[test]
    fn nothing_to_draw_is_drawn() {
        let layout = Layout::new(&Graph::default());
        assert!(layout.nodes.is_empty() && layout.width > 0.0 && layout.height > 0.0);
    }

    #[test]
    fn what_is_connected_stands_side_by_side() {
        let mut graph = large();
        // Each boundary emits one effect, in reverse order.
        graph.nodes.retain(|node| node.kind != Kind::Resource);
        graph.nodes.drain(120..);
        for node in &mut graph.nodes {
            node.group.clear();
        }
        graph.edges = (0..60).map(|index| (index, 119 - index)).collect();
        let layout = Layout::new(&graph);
        for (from, to) in graph.edges {
            assert_eq!(layout.nodes[from].y, layout.nodes[to].y);
        }
    }
}
