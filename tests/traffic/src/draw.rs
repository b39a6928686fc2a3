//! Random plans.

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
        // The first step always enqueues an effect, so that `Fate::All` and `Fate::Nothing` differ.
        let mut steps = vec![Step::Mark(0)];
        steps.extend(draw.steps(0));
        // A third fails, a tenth panics, a tenth loses its client, and the rest succeeds.
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
            // A shielded handler that holds would wait forever.
            Told::Shield => random.one_of(&moments[..5]),
            _ => random.one_of(&moments),
        };
        let how = match (when, server.on_close) {
            // After an orderly close, this server's handler would wait forever.
            (When::Held, OnClose::RunsOn) => How::Breaks,
            _ => random.one_of(&[How::Closes, How::Breaks]),
        };
        Self { how, when, server }
    }
}

impl When {
    /// Returns the step during which the client leaves, if any.
    fn step(self) -> Option<Step> {
        match self {
            Self::Sending | Self::Sent => None,
            Self::Midway => Some(Step::Midway),
            Self::Held => Some(Step::Hold),
        }
    }
}

/// The state for drawing the steps of one request.
struct Draw<'a> {
    random: &'a mut Random,
    /// `true` for half of the requests. The others have sync effects only.
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

/// Inserts a step at a random place and depth, but never where its failure would be ignored.
fn insert(random: &mut Random, steps: &mut Vec<Step>, step: Step) {
    let place = random.below(steps.len() + 1);
    match steps.get_mut(place) {
        Some(Step::Within(around, steps)) if *around != Around::FailingScope => {
            insert(random, steps, step);
        }
        _ => steps.insert(place, step),
    }
}
