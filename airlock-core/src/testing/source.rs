//! Where intents can be looked at.

use crate::executor::Recorder;
use crate::intent::IntentId;
use crate::report::FlushReport;
use crate::scope::Scope;
use crate::testing::Seen;

/// Where intents can be looked at.
pub trait Source {
    /// What a message says before it lists the intents.
    const HOLDS: &'static str;

    /// Shows the intents, in order.
    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>]));

    /// Why nothing may be there where something should.
    fn hint(&self) -> &'static str {
        ""
    }

    /// Notes that a test has looked at these.
    fn looked_at(&self, intents: &[IntentId]) {
        let _ = intents;
    }
}

/// What keeps the arguments of its intents.
#[diagnostic::on_unimplemented(
    message = "`{Self}` keeps no arguments",
    label = "tells effects and fates only",
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
