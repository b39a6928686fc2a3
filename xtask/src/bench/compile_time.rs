//! What the macros cost whoever compiles them: `cargo check` of a crate of effects and boundaries, against
//! the same functions under `#[tracing::instrument]`.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use crate::workspace::Workspace;

/// What is measured here.
pub(super) const NAMES: &[&str] = &["compile_time", "expansion_lines"];

const EFFECTS: usize = 200;
const BOUNDARIES: usize = 50;
const ROUNDS: usize = 15;

pub(super) fn measure(workspace: &Workspace, folder: &Path) -> Result<Vec<Value>, String> {
    let folder = folder.join("compile_time");
    let (ours, peer, bare) = (Krate::Airlock, Krate::Instrument, Krate::Bare);
    for krate in [ours, peer, bare] {
        krate.write(workspace, &folder)?;
        krate.check(&folder)?;
    }
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.0.push(ours.check(&folder)?);
        times.1.push(peer.check(&folder)?);
    }
    let (ours_ms, peer_ms) = (median(times.0), median(times.1));
    let functions = EFFECTS + BOUNDARIES;
    #[allow(clippy::cast_precision_loss, reason = "a few thousand lines")]
    let per_function = |krate: Krate| -> Result<f64, String> {
        Ok((krate.expanded(&folder)? - bare.expanded(&folder)?) as f64 / functions as f64)
    };
    let (ours_lines, peer_lines) = (per_function(ours)?, per_function(peer)?);
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

/// The same functions, each time under other attributes.
#[derive(Clone, Copy)]
enum Krate {
    Airlock,
    Instrument,
    Bare,
}

impl Krate {
    fn name(self) -> &'static str {
        match self {
            Self::Airlock => "with-airlock",
            Self::Instrument => "with-instrument",
            Self::Bare => "bare",
        }
    }

    /// The attributes of effects and of boundaries.
    fn attributes(self) -> (&'static str, &'static str) {
        match self {
            Self::Airlock => ("#[airlock::effect]", "#[airlock::boundary]"),
            Self::Instrument => ("#[tracing::instrument]", "#[tracing::instrument]"),
            Self::Bare => ("", ""),
        }
    }

    fn write(self, workspace: &Workspace, folder: &Path) -> Result<(), String> {
        let folder = folder.join(self.name());
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             airlock = {{ package = \"airlock-effects\", path = {:?} }}\ntracing = \"0.1\"\n",
            self.name(),
            workspace.root,
        );
        let (effect, boundary) = self.attributes();
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
        let files = [("Cargo.toml", manifest), ("src/lib.rs", source)];
        fs::create_dir_all(folder.join("src")).map_err(|error| error.to_string())?;
        for (name, text) in files {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }

    /// Milliseconds to check it anew, its dependencies being there.
    fn check(self, folder: &Path) -> Result<f64, String> {
        let source = folder.join(self.name()).join("src/lib.rs");
        let text = fs::read_to_string(&source).map_err(|error| error.to_string())?;
        fs::write(&source, text).map_err(|error| error.to_string())?; // Newer than what was built.
        let start = Instant::now();
        self.cargo(folder, &["check", "--quiet"])?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }

    /// The lines of the crate with its attributes expanded.
    fn expanded(self, folder: &Path) -> Result<i64, String> {
        let arguments = [
            "rustc",
            "--quiet",
            "--profile",
            "check",
            "--",
            "-Zunpretty=expanded",
        ];
        let text = self.cargo(folder, &arguments)?;
        i64::try_from(text.lines().count()).map_err(|error| error.to_string())
    }

    fn cargo(self, folder: &Path, arguments: &[&str]) -> Result<String, String> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(arguments)
            .current_dir(folder.join(self.name()))
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            // Showing an expansion is an unstable option.
            .env("RUSTC_BOOTSTRAP", "1");
        let output = cargo.output().map_err(|error| format!("cargo: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!(
                "{}: {}",
                self.name(),
                String::from_utf8_lossy(&output.stderr).trim()
            ))
        }
    }
}
