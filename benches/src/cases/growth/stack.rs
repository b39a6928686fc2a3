//! Threads with a large stack, and the measurement of the stack that the work uses.

use std::cell::Cell;
use std::hint::black_box;
use std::thread::Builder;

/// The size of a large stack. Only the pages that are touched use memory.
const BYTES: usize = 1 << 30;

thread_local! {
    /// The lowest and the highest address noted so far.
    static NOTED: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// The kind of thread that the work runs on.
#[derive(Clone, Copy)]
pub(super) enum Stack {
    /// The caller's thread.
    Usual,
    /// A thread with a practically unlimited stack, for nested closures, and for chains that a core
    /// may follow by recursion.
    Large,
}

impl Stack {
    pub(super) fn run<T: Send>(self, work: impl FnOnce() -> T + Send) -> T {
        match self {
            Self::Usual => work(),
            Self::Large => on_large_stack(work),
        }
    }
}

fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = Builder::new().stack_size(BYTES).spawn_scoped(scope, work);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("no thread: {error}"),
        }
    })
}

/// Notes the current address of the stack.
#[inline(never)]
pub(super) fn note() {
    let here = black_box(0_u8);
    let here = std::ptr::from_ref(black_box(&here)).addr();
    NOTED.with(|noted| {
        let (low, high) = noted.get().unwrap_or((here, here));
        noted.set(Some((low.min(here), high.max(here))));
    });
}

/// Returns the bytes between the lowest and the highest address noted on this thread, and resets
/// both.
pub(super) fn noted() -> usize {
    NOTED.with(Cell::take).map_or(0, |(low, high)| high - low)
}
