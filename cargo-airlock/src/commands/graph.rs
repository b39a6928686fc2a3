//! The command `cargo airlock graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::build::Selection;
use crate::catalogue::Catalogue;
use crate::filter::Filter;
use crate::graph::{self, Graph, Grouping};
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
    /// The frames to draw around boundaries and effects
    #[arg(long, value_enum, default_value_t, value_name = "BY")]
    group: Grouping,
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

/// An error that reports an output file whose extension names no format.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot draw {}: no format has this extension; write .svg, .html, .dot or .md (Mermaid), or name the format by \
     --format; for a PNG or PDF, pass `--format dot` to Graphviz: `cargo airlock graph --format dot | dot -Tpng > {}`",
    .0.display(),
    .0.display()
)]
struct UnknownForm(PathBuf);

impl Draw {
    /// Draws boundaries, effects and resources.
    ///
    /// # Errors
    ///
    /// If a build, a read or a write fails.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let form = self.form()?;
        let mut catalogue = Catalogue::load(&self.selection)?;
        self.filter.apply(&mut catalogue);
        let graph = Graph::new(&catalogue, self.group);
        let mut text = match form {
            Form::Mermaid => graph::mermaid(&graph),
            Form::Dot => graph::dot(&graph),
            Form::Svg => graph::svg(&graph),
            Form::Html => graph::html(&catalogue, self.group),
        };
        if form == Form::Mermaid {
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

    /// Returns the format, which the extension of the output determines unless it is given.
    fn form(&self) -> Result<Form, UnknownForm> {
        let path = match (self.format, &self.output) {
            (Some(format), _) => return Ok(format),
            (None, None) => return Ok(Form::Mermaid),
            (None, Some(path)) => path,
        };
        let ending = path.extension().map(|ending| ending.to_string_lossy());
        match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
            "" | "md" | "mmd" | "mermaid" => Ok(Form::Mermaid),
            "dot" | "gv" => Ok(Form::Dot),
            "svg" => Ok(Form::Svg),
            "html" | "htm" => Ok(Form::Html),
            _ => Err(UnknownForm(path.clone())),
        }
    }
}
