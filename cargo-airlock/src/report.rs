//! The output of a command, and its exit code.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// The style of titles.
pub(crate) const BOLD: Style = Style::new().bold();
/// The style of errors.
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
/// The style of warnings.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// The style of success.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();

/// Any error that ends a command.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The result of a command. The text contains styles, which are removed where the output shows
/// none.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The requested output, for stdout.
    pub(crate) text: String,
    /// Additional notes, for stderr.
    pub(crate) notes: Vec<String>,
    /// Problems in the input, for stderr. The exit code is 1 if there are any.
    pub(crate) findings: Vec<String>,
    /// `true` if the text itself contains findings. The exit code is then 1.
    pub(crate) failed: bool,
}

/// Prints the result, and returns the exit code: 0 success, 1 findings, 2 no result.
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
                let _ = writeln!(stderr, "{RED}error{RED:#}: cannot write the output");
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

/// Writes to stdout. A reader that closes the pipe early, such as `head`, is not an error.
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
