//! What a command has to say, and with which exit code it ends.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// Titles.
pub(crate) const BOLD: Style = Style::new().bold();
/// What is wrong.
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
/// What may be wrong.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// What is right.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();

/// Any error that ends a command.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The answer of a command. Styles stand in the text, and are left out where nobody sees them.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What was asked for: goes to stdout.
    pub(crate) text: String,
    /// What is worth knowing beside it: goes to stderr.
    pub(crate) notes: Vec<String>,
    /// What is wrong with what was looked at: goes to stderr, and the exit code is 1.
    pub(crate) findings: Vec<String>,
    /// The text itself tells of findings: the exit code is 1.
    pub(crate) failed: bool,
}

/// Prints the answer, and gives the exit code: 0 fine, 1 findings, 2 no answer.
pub(crate) fn print(answer: Result<Report, BoxError>) -> ExitCode {
    let mut stderr = anstream::stderr().lock();
    match answer {
        Ok(report) => {
            let written = written(&report.text);
            for note in &report.notes {
                let _ = writeln!(stderr, "{YELLOW}note{YELLOW:#}: {note}");
            }
            for finding in &report.findings {
                let _ = writeln!(stderr, "{RED}error{RED:#}: {finding}");
            }
            if let Err(error) = written {
                let _ = writeln!(stderr, "{RED}error{RED:#}: cannot write the answer");
                let _ = writeln!(stderr, "  caused by: {error}");
                return ExitCode::from(2);
            }
            ExitCode::from(u8::from(report.failed || !report.findings.is_empty()))
        }
        Err(error) => {
            let _ = writeln!(stderr, "{RED}error{RED:#}: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                let _ = writeln!(stderr, "  caused by: {cause}");
                source = cause.source();
            }
            ExitCode::from(2)
        }
    }
}

/// A reader who has seen enough, such as `head`, is no mistake of ours.
fn written(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
