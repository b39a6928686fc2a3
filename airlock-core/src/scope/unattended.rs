//! Ends scopes if no caller can receive a flush error.

use std::sync::Arc;

use crate::context::{self, Mode, Shared};
use crate::flush::{self, Ends};
use crate::lifecycle::Outcome;
use crate::report::FlushError;

/// Ends a scope that was dropped. If a closure inspects a buffer now, ends the scope after the
/// closure has returned.
pub(super) fn abandon(scope: &Arc<Shared>, outcome: Outcome) {
    if context::mode() == Mode::Inspecting {
        let scope = scope.clone();
        context::put_off(move || report_unhandled(flush::end(Ends::Shared(&scope), outcome)));
    } else {
        report_unhandled(flush::end(Ends::Shared(scope), outcome));
    }
}

/// Reports a flush error as unhandled, since the caller already has an error or is unwinding.
pub(super) fn report_unhandled<T>(flushed: Result<T, FlushError>) {
    if let Err(error) = flushed {
        error.report_unhandled();
    }
}
