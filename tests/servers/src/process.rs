//! A server as a process that ends with the process that started it.

use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::user::User;

/// Ends the server when the process that started it ends, because that closes the shell's input. No file of the server
/// grows beyond `LIMIT`, in blocks of 512 bytes.
const WATCH: &str = r#"ulimit -f "$LIMIT"; "$@" >>server.log 2>&1 & server=$!; read -r _; kill -QUIT "$server"; wait "$server""#;

/// A server, and the shell that watches it. Both end when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    watch: Child,
}

impl Process {
    /// Starts a server in a folder, where it writes `server.log`. No file grows beyond `limit` bytes.
    pub(crate) fn start(
        server: &Path,
        options: &[String],
        user: Option<User>,
        folder: &Path,
        limit: Option<u64>,
    ) -> io::Result<Self> {
        let mut shell = command(Path::new("/bin/sh"), user, folder);
        let blocks = limit.map_or("unlimited".to_owned(), |bytes| (bytes / 512).to_string());
        shell.env("LIMIT", blocks);
        shell.args(["-c", WATCH, "watch"]).arg(server).args(options);
        // A separate process group, because signals from a terminal are for this process to handle.
        shell.process_group(0);
        // The shell would report on `stderr` that its child was killed, which tests do on purpose.
        let watch = shell.stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        Ok(Self { watch })
    }

    /// Ends the server, and waits for it.
    pub(crate) fn end(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns a command that runs in a folder, as this user.
pub(crate) fn command(program: &Path, user: Option<User>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
