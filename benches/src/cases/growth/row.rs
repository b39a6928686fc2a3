//! Measures a row: the best of several runs at each size, and the growth from first to last.

use std::time::{Duration, Instant};

use super::stack::Stack;
use crate::harness::{Growth, Measured, Point};
use crate::run::Places;

/// The number of sizes of a row, each twice the previous one.
const SIZES: u32 = 4;

/// The number of measurements of each size after the first call. The best one counts.
const RUNS: usize = 9;

/// The minimum duration of a measurement, which repeats the work until then.
const AT_LEAST: Duration = Duration::from_millis(5);

/// The time after which a size is not measured again.
const PATIENCE: Duration = Duration::from_secs(4);

/// The time limit of one size. A row ends when its work takes longer, or is predicted to.
const LIMIT: Duration = Duration::from_secs(20);

/// One row of the table.
pub(crate) struct Row {
    /// The name of the result.
    pub(super) name: &'static str,
    /// The unit that is counted.
    pub(super) item: &'static str,
    /// The smallest size.
    pub(super) base: u64,
    /// Returns the number of items of a size.
    pub(super) items: fn(u64) -> u64,
    /// The stack of the thread that it runs on.
    pub(super) stack: Stack,
    /// Does the work of one size.
    pub(super) work: fn(u64),
}

/// Returns one item for each step of the size.
pub(super) fn one_each(size: u64) -> u64 {
    size
}

/// Returns the items of nested scopes with an intent at each level: one for each intent that a
/// level dispatches or captures. The work is inherently quadratic in the depth.
pub(super) fn triangle(depth: u64) -> u64 {
    depth * (depth + 1) / 2
}

impl Row {
    pub(crate) fn run(&self, places: &Places) -> Result<Vec<Measured>, String> {
        let growth = self.stack.run(|| self.growth(places));
        Ok(vec![Measured::growth(self.name, growth)])
    }

    fn growth(&self, places: &Places) -> Growth {
        let base = scaled(self.base, places.growth_scale);
        let mut sizes: Vec<Timed> = Vec::new();
        let mut cut_off = None;
        for step in 0..SIZES {
            let timed = Timed::first(base << step, self.work);
            let previous = sizes.last().map(|previous| previous.first);
            cut_off = reason_to_stop(timed.first, previous);
            sizes.push(timed);
            if cut_off.is_some() {
                break;
            }
        }
        if cut_off.is_some() && sizes.len() == SIZES as usize {
            cut_off = None; // There is no next size.
        }
        // The first calls ran before the memory was warmed up.
        for timed in &mut sizes {
            timed.forget_first();
        }
        // The sizes take turns, so that a busy moment of the machine does not affect only one of
        // them.
        for _ in 0..RUNS {
            for timed in &mut sizes {
                timed.again(self.work);
            }
        }
        let point = |timed: Timed| Point {
            size: timed.size,
            nanos: timed.best / (self.items)(timed.size) as f64,
        };
        Growth {
            item: self.item,
            points: sizes.into_iter().map(point).collect(),
            cut_off,
        }
    }
}

/// The measurements of one size.
struct Timed {
    size: u64,
    /// The duration of the first call, which may include warming up.
    first: Duration,
    /// The number of calls in each further measurement.
    repeats: u32,
    spent: Duration,
    /// The nanoseconds of one call in the best measurement.
    best: f64,
}

impl Timed {
    fn first(size: u64, work: fn(u64)) -> Self {
        let start = Instant::now();
        work(size);
        let first = start.elapsed();
        let repeats = AT_LEAST.as_nanos() / first.as_nanos().max(1) + 1;
        Self {
            size,
            first,
            repeats: u32::try_from(repeats).unwrap_or(u32::MAX),
            spent: first,
            best: first.as_secs_f64() * 1e9,
        }
    }

    /// Discards the first measurement, if there will be later ones.
    fn forget_first(&mut self) {
        if self.spent <= PATIENCE {
            self.best = f64::INFINITY;
        }
    }

    fn again(&mut self, work: fn(u64)) {
        if self.spent > PATIENCE {
            return;
        }
        let start = Instant::now();
        for _ in 0..self.repeats {
            work(self.size);
        }
        let took = start.elapsed();
        self.spent += took;
        self.best = self.best.min((took / self.repeats).as_secs_f64() * 1e9);
    }
}

/// Returns why the next size is not tried.
fn reason_to_stop(took: Duration, previous: Option<Duration>) -> Option<String> {
    if took > LIMIT {
        return Some(format!("the last took {:.1} s", took.as_secs_f64()));
    }
    let factor = took.as_secs_f64() / previous?.as_secs_f64();
    let next = took.as_secs_f64() * factor;
    (next > LIMIT.as_secs_f64()).then(|| format!("the next would take about {next:.0} s"))
}

fn scaled(base: u64, scale: f64) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive size far below 2^52"
    )]
    let size = (base as f64 * scale) as u64;
    size.max(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(nanos: [f64; 2], cut_off: Option<&str>) -> String {
        let points = vec![(10, nanos[0]), (20, nanos[1])];
        let points = points.into_iter();
        let growth = Growth {
            item: "level",
            points: points.map(|(size, nanos)| Point { size, nanos }).collect(),
            cut_off: cut_off.map(str::to_owned),
        };
        Measured::growth("nested", growth).to_string()
    }

    #[test]
    fn a_row_tells_each_size_and_its_growth() {
        let printed = measured([24.0, 28.8], None);
        assert!(printed.ends_with("10: 24.0, 20: 28.8 ns per level, growth 1.2 ok"));
        assert!(measured([10.0, 79.0], None).ends_with("growth 7.9 over"));
    }

    #[test]
    fn a_row_that_was_cut_off_is_over_whatever_is_known() {
        let printed = measured([10.0, 10.0], Some("the last took 30.0 s"));
        assert!(printed.ends_with("stopped since the last took 30.0 s, growth 1.0 over"));
    }

    #[test]
    fn what_takes_too_long_or_is_about_to_ends_the_row() {
        let seconds = Duration::from_secs;
        assert!(reason_to_stop(seconds(21), None).is_some());
        assert!(reason_to_stop(seconds(7), Some(seconds(1))).is_some());
        assert!(reason_to_stop(seconds(7), Some(seconds(4))).is_none());
    }

    #[test]
    fn sizes_are_scaled_and_never_vanish() {
        assert_eq!(scaled(1_000, 0.5), 500);
        assert_eq!(scaled(1_000, 0.0), 10);
    }
}
