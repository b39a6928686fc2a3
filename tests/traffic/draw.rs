//! Drawing plans at random.

use super::plan::{Around, Ending, How, Leaving, Plan, Step, When};
use super::random::Random;
use super::{Manners, OnClose, Told};

const DEEPEST: usize = 4;

impl Plan {
    pub(super) fn draw(random: &mut Random, server: Manners) -> Self {
        let mut draw = Draw {
            with_later: random.once_in(2),
            marks: 1,
            random,
        };
        // So that all and nothing are never the same.
        let mut steps = vec![Step::Mark(0)];
        steps.extend(draw.steps(0));
        // A third, a tenth, a tenth.
        let ending = match random.below(30) {
            0..5 => Ending::FailsWith(random.one_of(&[400, 404, 409, 422, 500, 503])),
            5..10 => Ending::Refuses,
            10..13 => Ending::Panics,
            13..16 => Ending::Left(Leaving::draw(random, server)),
            _ => Ending::Succeeds,
        };
        let step = match ending {
            Ending::Refuses => Some(Step::Refuse),
            Ending::Panics => Some(Step::Panic),
            Ending::Left(leaving) => leaving.when.step(),
            Ending::Succeeds | Ending::FailsWith(_) => None,
        };
        if let Some(step) = step {
            insert(random, &mut steps, step);
        }
        Self::new(steps, ending)
    }
}

impl Leaving {
    fn draw(random: &mut Random, server: Manners) -> Self {
        let moments = [
            When::Sending,
            When::Sent,
            When::Sent,
            When::Midway,
            When::Midway,
            When::Held,
        ];
        let when = match server.told {
            // Held, it would wait for ever.
            Told::Shield => random.one_of(&moments[..5]),
            _ => random.one_of(&moments),
        };
        let how = match (when, server.on_close) {
            // It would wait for ever.
            (When::Held, OnClose::RunsOn) => How::Breaks,
            _ => random.one_of(&[How::Closes, How::Breaks]),
        };
        Self { how, when, server }
    }
}

impl When {
    /// What the handler does at that moment.
    fn step(self) -> Option<Step> {
        match self {
            Self::Sending | Self::Sent => None,
            Self::Midway => Some(Step::Midway),
            Self::Held => Some(Step::Hold),
        }
    }
}

/// Draws the steps of one request.
struct Draw<'a> {
    random: &'a mut Random,
    /// Half of the requests have sync effects only.
    with_later: bool,
    marks: u32,
}

impl Draw<'_> {
    fn steps(&mut self, depth: usize) -> Vec<Step> {
        (0..self.random.below(7))
            .map(|_| self.step(depth))
            .collect()
    }

    fn step(&mut self, depth: usize) -> Step {
        let kinds = if depth < DEEPEST { 9 } else { 5 };
        match self.random.below(kinds) {
            0..2 => Step::Yield,
            2..5 => {
                let number = self.marks;
                self.marks += 1;
                if self.with_later && self.random.once_in(2) {
                    Step::MarkLater(number)
                } else {
                    Step::Mark(number)
                }
            }
            _ => {
                let around = self.random.one_of(&[
                    Around::Call,
                    Around::Call,
                    Around::Scope,
                    Around::Boundary,
                    Around::Policy,
                    Around::FailingScope,
                    Around::DroppingScope,
                    Around::DroppingPolicy,
                ]);
                Step::Within(around, self.steps(depth + 1))
            }
        }
    }
}

/// Puts a step somewhere, at any depth; not where a failure would be ignored.
fn insert(random: &mut Random, steps: &mut Vec<Step>, step: Step) {
    let place = random.below(steps.len() + 1);
    match steps.get_mut(place) {
        Some(Step::Within(around, steps)) if *around != Around::FailingScope => {
            insert(random, steps, step);
        }
        _ => steps.insert(place, step),
    }
}
