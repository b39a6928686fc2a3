//! Retry rules.

use std::time::Duration;

/// The number of attempts of an effect, and the wait between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryRule {
    pub(crate) attempts: u32,
    pub(crate) delay: Duration,
    pub(crate) factor: u32,
    pub(crate) max_delay: Duration,
}

impl RetryRule {
    /// Allows at most this many attempts in total (at least 1), 100 ms apart, doubling up to a minute.
    pub const fn attempts(attempts: u32) -> Self {
        Self {
            attempts: if attempts == 0 { 1 } else { attempts },
            delay: Duration::from_millis(100),
            factor: 2,
            max_delay: Duration::from_secs(60),
        }
    }

    /// Sets the wait before the second attempt.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sets the factor by which the wait grows after each attempt.
    pub const fn factor(mut self, factor: u32) -> Self {
        self.factor = factor;
        self
    }

    /// Sets the longest wait.
    pub const fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// Returns the number of attempts in total.
    pub fn max_attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the wait after the attempt with this number (from 1).
    pub fn delay_after(&self, attempt: u32) -> Duration {
        let factor = self
            .factor
            .checked_pow(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        self.delay
            .checked_mul(factor)
            .unwrap_or(self.max_delay)
            .min(self.max_delay)
    }
}
