//! The command `cargo airlock graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::build::Selection;
use crate::catalogue::Catalogue;
use crate::filter::Filter;
use crate::graph::{self, Graph};
use crate::report::{BoxError, Report};

/// Arguments of `graph`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Draw {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    filter: Filter,
    /// The output format [default: from the extension of --output, or mermaid]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Form>,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

/// The output format of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A flowchart that GitHub and others render in Markdown
    Mermaid,
    /// Input for Graphviz
    Dot,
    /// An SVG image
    Svg,
    /// A self-contained page that highlights connected nodes
    Html,
}

/// An error that reports an unwritable output file.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
struct WriteError {
    path: PathBuf,
    source: std::io::Error,
}

impl Draw {
    /// Draws boundaries, effects and resources.
    ///
    /// # Errors
    ///
    /// If a build, a read or a write fails.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let mut catalogue = Catalogue::load(&self.selection)?;
        self.filter.apply(&mut catalogue);
        let graph = Graph::from_catalogue(&catalogue);
        let mut text = match self.form() {
            Form::Mermaid => graph::mermaid(&graph),
            Form::Dot => graph::dot(&graph),
            Form::Svg => graph::svg(&graph),
            Form::Html => graph::html(&graph),
        };
        if self.form() == Form::Mermaid {
            catalogue.notes.extend(graph::too_large(&graph, &text));
        }
        if let Some(path) = &self.output {
            std::fs::write(path, text).map_err(|source| WriteError {
                path: path.clone(),
                source,
            })?;
            text = format!("drawn: {}\n", path.display());
        }
        Ok(Report {
            text,
            notes: catalogue.notes,
            findings: catalogue.problems,
            failed: false,
        })
    }

    fn form(&self) -> Form {
        let ending = self.output.as_ref().and_then(|path| path.extension());
        let by_ending = match ending.and_then(|ending| ending.to_str()) {
            Some("dot" | "gv") => Form::Dot,
            Some("svg") => Form::Svg,
            Some("html" | "htm") => Form::Html,
            _ => Form::Mermaid,
        };
        self.format.unwrap_or(by_ending)
    }
}
