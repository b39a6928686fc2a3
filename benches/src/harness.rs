//! Interleaved rounds, medians, and the format of a result.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use serde::Serialize;

use crate::pace::pace;

/// The number of rounds of each contestant. It is odd, so that the median is one of them.
const ROUNDS: usize = 21;

/// The number of rounds of [`race_in_pairs`].
const PAIRS: usize = 1_001;

/// One line of the result.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// The name of the measurement.
    pub(crate) name: String,
    /// Our value divided by the peer's, or our value alone.
    pub(crate) value: f64,
    /// Our value, in `unit`.
    pub(crate) ours: f64,
    /// The peer's value, in `unit`.
    pub(crate) peer: Option<f64>,
    /// The unit of `ours` and `peer`.
    pub(crate) unit: &'static str,
    /// The upper or lower bound of `value`.
    pub(crate) budget: Option<Budget>,
    /// The factor that the budget is multiplied by, because this machine is slower than the one on
    /// which the budgets were set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pace: Option<f64>,
    /// The sizes behind a growth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) growth: Option<Growth>,
}

/// The time per item at sizes that double.
#[derive(Debug, Serialize)]
pub(crate) struct Growth {
    /// The unit that is counted.
    pub(crate) item: &'static str,
    /// The points, the smallest size first.
    pub(crate) points: Vec<Point>,
    /// The reason why larger sizes were not tried. The growth is then over its budget, whatever its
    /// value.
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

/// The largest permitted ratio of the time per item at the largest size to that at the smallest.
const MOST_GROWTH: f64 = 1.5;

/// The bound of a value.
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
    /// Creates a result from our value and the peer's. Its value is their ratio: lower is better.
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

    /// Creates a result without a peer.
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

    /// Creates a result whose value is the time per item at the largest size divided by that at the
    /// smallest.
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

    /// Returns whether it is within its bound.
    fn is_kept(&self) -> bool {
        let complete = |growth: &Growth| growth.cut_off.is_none();
        self.growth.as_ref().is_none_or(complete)
            && self
                .budget
                .is_none_or(|budget| budget.is_kept(self.value / self.pace.unwrap_or(1.0)))
    }

    /// Sets an upper bound in nanoseconds, for a machine on which two boxed closures take 27.
    #[must_use]
    pub(crate) fn at_most_nanos(mut self, nanos: f64) -> Self {
        self.pace = Some(pace());
        self.budget(Budget::AtMost(nanos))
    }

    /// Sets a bound.
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

/// Returns the median nanoseconds that one call of each takes in interleaved rounds, divided by
/// `items`.
pub(crate) fn race<A, B>(
    items: usize,
    mut ours: impl FnMut() -> A,
    mut peer: impl FnMut() -> B,
) -> (f64, f64) {
    let mut times = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (a, b) = (nanos(&mut ours), nanos(&mut peer));
        if round > 0 {
            // The first round warms up.
            times.0.push(a);
            times.1.push(b);
        }
    }
    let items = items as f64;
    (median(times.0) / items, median(times.1) / items)
}

/// Returns the median nanoseconds that one call of each takes in many rounds, and the median ratio
/// of our call to the adjacent call of the peer.
///
/// Keep a call at about a millisecond or less. A busy machine interrupts a long call more often,
/// and also the slower one of the two.
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

/// Returns the nanoseconds that one call takes, divided by `items`.
pub(crate) fn time<A>(items: usize, work: impl FnMut() -> A) -> f64 {
    race(items, work, || ()).0
}

/// Polls a future that is ready at its first poll.
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

/// Returns the median.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
