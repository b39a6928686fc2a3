//! Ends of scopes where nobody is left to be told of a failed flush.

use std::sync::Arc;

use crate::context::{self, Mode, Shared};
use crate::flush::{self, Ends};
use crate::lifecycle::Outcome;
use crate::report::FlushError;

/// Ends a scope because nobody else has: when the closure has returned, if one looks at a buffer now.
pub(super) fn abandon(scope: &Arc<Shared>, outcome: Outcome) {
    if context::mode() == Mode::Inspecting {
        let scope = scope.clone();
        context::put_off(move || report_unhandled(flush::end(Ends::Shared(&scope), outcome)));
    } else {
        report_unhandled(flush::end(Ends::Shared(scope), outcome));
    }
}

/// The caller has an error already, or is unwinding: that of the flush goes where unhandled ones go.
pub(super) fn report_unhandled<T>(flushed: Result<T, FlushError>) {
    if let Err(error) = flushed {
        error.report_unhandled();
    }
}
