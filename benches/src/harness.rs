//! Interleaved rounds, medians, and how a result is printed.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use serde::Serialize;

use crate::pace::pace;

/// Rounds of each contestant; odd, so that the median is one of them.
const ROUNDS: usize = 21;

/// Rounds of [`race_in_pairs`].
const PAIRS: usize = 1_001;

/// One line of the result.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// What was measured.
    pub(crate) name: String,
    /// Ours by the peer's, or ours alone.
    pub(crate) value: f64,
    /// Ours, in `unit`.
    pub(crate) ours: f64,
    /// The peer's, in `unit`.
    pub(crate) peer: Option<f64>,
    /// What `ours` and `peer` count.
    pub(crate) unit: &'static str,
    /// What `value` may be at most, or at least.
    pub(crate) budget: Option<Budget>,
    /// What the budget is multiplied by, since this machine is slower than that of the budgets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pace: Option<f64>,
    /// The sizes behind a growth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) growth: Option<Growth>,
}

/// The time per item at sizes that double.
#[derive(Debug, Serialize)]
pub(crate) struct Growth {
    /// What an item is.
    pub(crate) item: &'static str,
    /// The smallest size first.
    pub(crate) points: Vec<Point>,
    /// Why larger sizes were not tried. Then the growth is over its budget, whatever is known of it.
    pub(crate) cut_off: Option<String>,
}

/// The time per item at one size.
#[derive(Debug, Serialize)]
pub(crate) struct Point {
    /// The size.
    pub(crate) size: u64,
    /// Nanoseconds per item.
    pub(crate) nanos: f64,
}

/// How much more an item may take at the largest size than at the smallest.
const MOST_GROWTH: f64 = 1.5;

/// A bound that a value should keep.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Budget {
    /// Lower is better.
    AtMost(f64),
    /// Higher is better.
    AtLeast(f64),
}

impl Budget {
    fn is_kept(self, value: f64) -> bool {
        match self {
            Budget::AtMost(bound) => value <= bound,
            Budget::AtLeast(bound) => value >= bound,
        }
    }
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Budget::AtMost(bound) => write!(f, "<= {bound}"),
            Budget::AtLeast(bound) => write!(f, ">= {bound}"),
        }
    }
}

impl Measured {
    /// Ours by the peer's: lower is better.
    pub(crate) fn ratio(
        name: impl Into<String>,
        (ours, peer): (f64, f64),
        unit: &'static str,
    ) -> Self {
        Self {
            name: name.into(),
            value: ours / peer,
            ours,
            peer: Some(peer),
            unit,
            budget: None,
            pace: None,
            growth: None,
        }
    }

    /// A cost that stands for itself.
    pub(crate) fn cost(name: impl Into<String>, ours: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value: ours,
            ours,
            peer: None,
            unit,
            budget: None,
            pace: None,
            growth: None,
        }
    }

    /// The time per item at the largest size by that at the smallest.
    pub(crate) fn growth(name: impl Into<String>, growth: Growth) -> Self {
        let first = growth.points.first().map_or(1.0, |point| point.nanos);
        let last = growth.points.last().map_or(1.0, |point| point.nanos);
        Self {
            name: name.into(),
            value: last / first,
            ours: last,
            peer: Some(first),
            unit: "ns per item, largest and smallest size",
            budget: Some(Budget::AtMost(MOST_GROWTH)),
            pace: None,
            growth: Some(growth),
        }
    }

    /// Whether it is within its bound.
    fn is_kept(&self) -> bool {
        let complete = |growth: &Growth| growth.cut_off.is_none();
        self.growth.as_ref().is_none_or(complete)
            && self
                .budget
                .is_none_or(|budget| budget.is_kept(self.value / self.pace.unwrap_or(1.0)))
    }

    /// With a bound in nanoseconds, where two boxed closures take 27.
    #[must_use]
    pub(crate) fn at_most_nanos(mut self, nanos: f64) -> Self {
        self.pace = Some(pace());
        self.budget(Budget::AtMost(nanos))
    }

    /// With a bound.
    #[must_use]
    pub(crate) fn budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = if self.is_kept() { "ok" } else { "over" };
        if let Some(growth) = &self.growth {
            return write!(
                f,
                "{:<36}{growth}growth {:.1} {verdict}",
                self.name, self.value
            );
        }
        write!(
            f,
            "ratio {} {:.3} (ours {:.1}, peer ",
            self.name, self.value, self.ours
        )?;
        match self.peer {
            Some(peer) => write!(f, "{peer:.1}")?,
            None => f.write_str("none")?,
        }
        write!(f, ", {}, budget ", self.unit)?;
        match self.budget {
            Some(budget) => write!(f, "{budget}")?,
            None => f.write_str("none")?,
        }
        if let Some(pace) = self.pace {
            write!(f, " x {pace:.1}")?;
        }
        write!(f, ") {verdict}")
    }
}

/// `1000: 24.1, 2000: 24.4 ns per level, `
impl std::fmt::Display for Growth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, Point { size, nanos }) in self.points.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{size}: {nanos:.1}")?;
        }
        write!(f, " ns per {}, ", self.item)?;
        match &self.cut_off {
            Some(why) => write!(f, "stopped since {why}, "),
            None => Ok(()),
        }
    }
}

/// Nanoseconds that one call of each takes, in interleaved rounds: their medians, each by `items`.
pub(crate) fn race<A, B>(
    items: usize,
    mut ours: impl FnMut() -> A,
    mut peer: impl FnMut() -> B,
) -> (f64, f64) {
    let mut times = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (a, b) = (nanos(&mut ours), nanos(&mut peer));
        if round > 0 {
            // The first one warms up.
            times.0.push(a);
            times.1.push(b);
        }
    }
    let items = items as f64;
    (median(times.0) / items, median(times.1) / items)
}

/// Nanoseconds that one call of each takes, in many rounds, and the median of what a call of ours takes
/// by the peer's next to it.
///
/// Let a call last about a millisecond, or less: a busy machine interrupts a long one more often, and
/// a slower one too.
pub(crate) fn race_in_pairs<A, B>(
    mut ours: impl FnMut() -> A,
    mut peer: impl FnMut() -> B,
) -> (f64, f64, f64) {
    let mut times = (Vec::new(), Vec::new());
    let mut ratios = Vec::new();
    for round in 0..=PAIRS {
        let (a, b) = if round % 2 == 0 {
            let a = nanos(&mut ours);
            (a, nanos(&mut peer))
        } else {
            let b = nanos(&mut peer);
            (nanos(&mut ours), b)
        };
        if round > 0 {
            times.0.push(a);
            times.1.push(b);
            ratios.push(a / b);
        }
    }
    (median(times.0), median(times.1), median(ratios))
}

/// Nanoseconds that one call takes, by `items`.
pub(crate) fn time<A>(items: usize, work: impl FnMut() -> A) -> f64 {
    race(items, work, || ()).0
}

/// Polls a future that never waits.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

fn nanos<T>(work: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1e9
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
