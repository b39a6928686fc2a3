//! The compile-time cost of the macros. Compares `cargo check` of a crate of effects and boundaries
//! with that of the same functions under `#[tracing::instrument]`.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::project::Project;
use crate::workspace::Workspace;

/// The names of the results.
pub(super) const NAMES: &[&str] = &["compile_time", "expansion_lines"];

const EFFECTS: usize = 200;
const BOUNDARIES: usize = 50;
const ROUNDS: usize = 15;

pub(super) fn measure(workspace: &Workspace, folder: &Path) -> Result<Vec<Value>, String> {
    let folder = folder.join("compile_time");
    let write = |attributes| -> Result<Krate, String> {
        let krate = Krate::write(workspace, &folder, attributes)?;
        krate.check()?;
        Ok(krate)
    };
    let (ours, peer, bare) = (write(AIRLOCK)?, write(INSTRUMENT)?, write(BARE)?);
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.0.push(ours.check()?);
        times.1.push(peer.check()?);
    }
    let (ours_ms, peer_ms) = (median(times.0), median(times.1));
    let functions = EFFECTS + BOUNDARIES;
    #[allow(clippy::cast_precision_loss, reason = "a few thousand lines")]
    let per_function = |krate: &Krate| -> Result<f64, String> {
        Ok((krate.expanded()? - bare.expanded()?) as f64 / functions as f64)
    };
    let (ours_lines, peer_lines) = (per_function(&ours)?, per_function(&peer)?);
    Ok(vec![
        result(
            "compile_time",
            ours_ms,
            peer_ms,
            "ms to check 200 effects and 50 boundaries",
        ),
        result(
            "expansion_lines",
            ours_lines,
            peer_lines,
            "lines per function",
        ),
    ])
}

fn result(name: &str, ours: f64, peer: f64, unit: &str) -> Value {
    let value = ours / peer;
    println!("ratio {name} {value:.3} (ours {ours:.1}, peer {peer:.1}, {unit}, budget none) ok");
    json!({"name": name, "value": value, "ours": ours, "peer": peer, "unit": unit, "budget": null})
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A crate with the same functions under different attributes.
struct Krate {
    project: Project,
}

/// The name of a package, and the attributes of its effects and of its boundaries.
type Attributes = (&'static str, &'static str, &'static str);

const AIRLOCK: Attributes = ("with-airlock", "#[airlock::effect]", "#[airlock::boundary]");
const INSTRUMENT: Attributes = (
    "with-instrument",
    "#[tracing::instrument]",
    "#[tracing::instrument]",
);
const BARE: Attributes = ("bare", "", "");

impl Krate {
    fn write(
        workspace: &Workspace,
        folder: &Path,
        (name, effect, boundary): Attributes,
    ) -> Result<Self, String> {
        let mut source = "#![allow(dead_code, unused)]\n".to_owned();
        for n in 0..EFFECTS {
            let _ = writeln!(
                source,
                "/// Effect {n}.\n{effect}\npub async fn effect_{n}(order: u64, to: String) -> Result<(), std::io::Error> {{\n    \
                 println!(\"{{order}} {{to}}\");\n    Ok(())\n}}"
            );
        }
        for n in 0..BOUNDARIES {
            let _ = writeln!(
                source,
                "/// Boundary {n}.\n{boundary}\npub async fn boundary_{n}(order: u64) -> Result<u64, airlock::FlushError> {{\n    \
                 println!(\"{{order}}\");\n    Ok(order)\n}}"
            );
        }
        let project = Project::write(workspace, folder, name, ("src/lib.rs", &source))?;
        Ok(Self { project })
    }

    /// Returns the milliseconds that a fresh check takes, with its dependencies already built.
    fn check(&self) -> Result<f64, String> {
        self.project.time(&["check", "--quiet"])
    }

    /// Returns the number of lines of the crate with its attributes expanded.
    fn expanded(&self) -> Result<i64, String> {
        let text = self.project.cargo(&[
            "rustc",
            "--quiet",
            "--profile",
            "check",
            "--",
            "-Zunpretty=expanded",
        ])?;
        i64::try_from(text.lines().count()).map_err(|error| error.to_string())
    }
}
