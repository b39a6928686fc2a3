//! The sources of intents that assertions inspect.

use crate::executor::Recorder;
use crate::intent::IntentId;
use crate::report::FlushReport;
use crate::scope::Scope;
use crate::testing::Seen;

/// A source of intents for [`Assertions`](crate::testing::Assertions).
pub trait Source {
    /// The words before the list of intents in a message.
    const HOLDS: &'static str;

    /// Calls the closure with the intents, in order.
    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>]));

    /// Calls the closure with the intents, in order, including those that were dropped or discarded.
    fn look_at_all(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        self.look(look);
    }

    /// Returns a hint for the message of an assertion that found no intents at all.
    fn hint(&self) -> &'static str {
        ""
    }

    /// Records that a test has asserted on these intents.
    fn looked_at(&self, intents: &[IntentId]) {
        let _ = intents;
    }
}

/// A [`Source`] that keeps the arguments of its intents.
#[diagnostic::on_unimplemented(
    message = "`{Self}` keeps no arguments",
    label = "has only effects and fates",
    note = "assert on what `airlock::testing::capture` gives, on the scope before it ends, or on an `airlock::executor::Recorder`"
)]
pub trait KeepsArguments {}

impl Source for Scope {
    const HOLDS: &'static str = "the scope holds";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        self.inspect(|intents| look(&intents.iter().map(Seen::intent).collect::<Vec<_>>()));
    }
}

impl KeepsArguments for Scope {}

impl Source for Recorder {
    const HOLDS: &'static str = "recorded";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        Recorder::look(self, |intents| {
            look(&intents.map(Seen::intent).collect::<Vec<_>>());
        });
    }
}

impl KeepsArguments for Recorder {}

impl Source for FlushReport {
    const HOLDS: &'static str = "reported";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        look(&self.entries().iter().map(Seen::entry).collect::<Vec<_>>());
    }
}
