//! Helpers for programs that may abort or hang: they run in a child process or on a watched thread.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

const CHILD: &str = "AIRLOCK_DEFECTS_CHILD";
const DONE: &str = "the child has finished";
/// The time limit for a child process. A working test takes far less.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Runs the program of the test `module::name` in a child process, which must exit successfully.
pub(crate) fn in_child(module: &str, name: &str, program: impl FnOnce()) {
    let (_, module) = module.split_once("::").expect("a module of this crate");
    let test = format!("{module}::{name}");
    if std::env::var_os(CHILD).is_some_and(|child| child == *test) {
        program();
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{DONE}").expect("the parent reads it");
        return;
    }
    let executable = std::env::current_exe().expect("the test has a file");
    let mut child = Command::new(executable)
        .args([&test, "--exact", "--nocapture"])
        .env(CHILD, &test)
        .env("RUST_BACKTRACE", "0") // A long backtrace would fill the pipe and block the child.
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let started = Instant::now();
    let hangs = loop {
        if child.try_wait().expect("its status can be read").is_some() {
            break false;
        }
        if started.elapsed() > WATCHDOG {
            child.kill().expect("it can be killed");
            break true;
        }
        thread::sleep(Duration::from_millis(10));
    };
    let output = child.wait_with_output().expect("it has ended");
    let (status, stdout) = (output.status, String::from_utf8_lossy(&output.stdout));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!hangs, "the child does not end\n{stderr}");
    assert!(status.success(), "the child ends with {status}\n{stderr}");
    assert!(stdout.contains(DONE), "no test is called {test}\n{stdout}");
}

/// Runs a program on a thread with a stack of 2 MiB, the usual size for server threads.
pub(crate) fn on_small_stack(program: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(2 << 20);
    let thread = thread.spawn(program).expect("a thread starts");
    thread.join().expect("the program does not panic");
}

/// Runs a program on its own thread and returns its result. Panics after 10 seconds; the thread then leaks.
pub(crate) fn watched<T: Send + 'static>(program: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = channel();
    thread::spawn(move || tell.send(program()));
    let told = told.recv_timeout(Duration::from_secs(10));
    told.expect("the program does not end, or has panicked")
}
