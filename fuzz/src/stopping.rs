//! Checks that a flush in the failure mode `Stop` stops at the first failure.

use airlock::intent::IntentInfo;
use airlock::{Fate, FlushReport};

/// Returns an intent that was dispatched after another had failed. The report lists intents in
/// dispatch order. Batch effects are skipped, because a batch has the place of its first intent.
pub(crate) fn dispatched_after_a_failure(report: &FlushReport) -> Option<&IntentInfo> {
    let failed = |entry: &&IntentInfo| matches!(entry.fate(), Fate::Failed(_));
    let dispatched = |entry: &&IntentInfo| {
        matches!(entry.fate(), Fate::Dispatched) && !entry.effect().is_batch()
    };
    let mut entries = report.buffered().iter();
    entries.by_ref().find(failed)?;
    entries.find(dispatched)
}

#[cfg(test)]
mod tests {
    use airlock::FailureMode;

    use super::dispatched_after_a_failure;

    #[airlock::effect]
    fn fails(yes: bool) -> Result<(), String> {
        if yes {
            Err("as told".to_owned())
        } else {
            Ok(())
        }
    }

    fn is_found(mode: FailureMode) -> bool {
        let scope = airlock::scope().failure_mode(mode);
        let ended = scope.run_infallible(|_| {
            for yes in [false, true, false] {
                airlock::enqueue(fails(yes));
            }
        });
        let error = ended.expect_err("one of them fails");
        dispatched_after_a_failure(error.report()).is_some()
    }

    #[test]
    fn a_flush_that_carries_on_is_noticed() {
        assert!(is_found(FailureMode::CarryOn));
        assert!(!is_found(FailureMode::Stop));
    }
}
