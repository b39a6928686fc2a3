//! Runs cargo and other programs.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command that runs cargo, or another program.
#[derive(Debug)]
pub struct Cargo {
    command: Command,
}

impl Cargo {
    /// Creates a command that runs the invoking cargo in this directory.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        Self::program(program.as_ref(), directory)
    }

    /// Creates a command that runs another program in this directory.
    #[must_use]
    pub fn program(program: &Path, directory: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(directory).stdin(Stdio::null());
        Self { command }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<std::ffi::OsStr>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets an environment variable for this command.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it, with its output on the terminal.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or fails.
    pub fn run(mut self) -> Result<(), String> {
        println!("$ {self}");
        let status = self
            .command
            .status()
            .map_err(|error| format!("`{self}` does not start: {error}"))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("`{self}`: {status}"))
        }
    }

    /// Runs it, and returns its stdout. Its stderr goes to the terminal.
    ///
    /// # Errors
    ///
    /// When it cannot be started, fails, or its output is not UTF-8.
    pub fn output(mut self) -> Result<String, String> {
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("`{self}` does not start: {error}"))?;
        let stdout = String::from_utf8(output.stdout)
            .map_err(|_| format!("`{self}` wrote something that is not UTF-8"))?;
        if output.status.success() {
            Ok(stdout)
        } else {
            print!("{stdout}");
            Err(format!("`{self}`: {}", output.status))
        }
    }
}

/// Formats the command as it would be typed.
impl fmt::Display for Cargo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = Path::new(self.command.get_program());
        formatter.write_str(&program.file_name().unwrap_or_default().to_string_lossy())?;
        for argument in self.command.get_args() {
            write!(formatter, " {}", argument.to_string_lossy())?;
        }
        Ok(())
    }
}

/// Returns whether `cargo NAME` is installed.
#[must_use]
pub fn has_subcommand(name: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else {
        return false;
    };
    let file = format!("cargo-{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).any(|directory| directory.join(&file).is_file())
}
