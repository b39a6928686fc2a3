//! Threads with a large stack, and how much of a stack the work has used.

use std::cell::Cell;
use std::hint::black_box;
use std::thread::Builder;

/// Only the pages that are touched cost memory.
const BYTES: usize = 1 << 30;

thread_local! {
    /// The lowest and the highest address that was noted.
    static NOTED: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// The stack of the thread that work runs on.
#[derive(Clone, Copy)]
pub(super) enum Stack {
    /// The caller's.
    Usual,
    /// One that does not end: for closures that nest, and for chains that a core may follow by
    /// recursion.
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

/// Notes where the stack is now.
#[inline(never)]
pub(super) fn note() {
    let here = black_box(0_u8);
    let here = std::ptr::from_ref(black_box(&here)).addr();
    NOTED.with(|noted| {
        let (low, high) = noted.get().unwrap_or((here, here));
        noted.set(Some((low.min(here), high.max(here))));
    });
}

/// The bytes between the lowest and the highest place noted on this thread, which are forgotten.
pub(super) fn noted() -> usize {
    NOTED.with(Cell::take).map_or(0, |(low, high)| high - low)
}
