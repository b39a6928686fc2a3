//! Generates a random program from a seed.

use airlock::FailureMode;

use crate::program::{
    End, Enqueue, FireOn, Form, Kind, Later, Life, Plan, Program, Rule, Scope, Step, Style, Way,
};
use crate::random::Random;

/// The maximum nesting depth of steps.
const DEPTH: u8 = 4;

/// The maximum number of steps of a program, including those of its effects.
const STEPS: u8 = 24;

/// Generates the program of this seed.
pub(crate) fn program(seed: u64) -> Program {
    let mut generator = Generator {
        random: Random::new(seed),
        left: STEPS,
    };
    generator.program()
}

struct Generator {
    random: Random,
    /// The number of steps that may still be generated.
    left: u8,
}

impl Generator {
    fn program(&mut self) -> Program {
        let style = self
            .random
            .one_of(&[Style::Sync, Style::Async, Style::Async]);
        let outer = self.scope(DEPTH);
        let mut steps = vec![Step::Scope(outer)];
        while self.left > 0 && self.random.once_in(2) {
            steps.extend(self.step(DEPTH));
        }
        Program {
            style,
            executor: self.random.once_in(8).then(|| self.way(2)),
            policy: self.random.once_in(8).then(|| self.rule()),
            mode: self.mode(),
            depth_limit: self.random.one_of(&[2, 8, 32]),
            steps,
        }
    }

    fn steps(&mut self, depth: u8) -> Vec<Step> {
        let steps = 1 + self.random.below(4);
        (0..steps).filter_map(|_| self.step(depth)).collect()
    }

    fn step(&mut self, depth: u8) -> Option<Step> {
        self.left = self.left.checked_sub(1)?;
        if depth == 0 {
            return Some(Step::Enqueue(self.enqueue(0)));
        }
        let inner = depth - 1;
        Some(match self.random.below(40) {
            0..=15 => Step::Enqueue(self.enqueue(inner)),
            16..=23 => Step::Scope(self.scope(inner)),
            24..=27 => {
                let forms = [Form::Closure, Form::Future, Form::Guard, Form::ByHand];
                let form = self.random.one_of(&forms);
                Step::Local(self.rule(), form, self.steps(inner))
            }
            28 | 29 => Step::Yield(1 + self.random.below(3)),
            30 | 31 => Step::Cancel(self.random.below(4), self.steps(inner)),
            32 | 33 => Step::Join(self.steps(inner), self.steps(inner)),
            34 => Step::EnqueueInDrop(self.enqueue(0)),
            35 => Step::Thread(self.steps(inner)),
            36 => Step::KeepHandle,
            37 => Step::UseHandle(self.steps(0)),
            38 => Step::Crossed(self.scope(inner), self.scope(inner)),
            _ => Step::Panic,
        })
    }

    fn scope(&mut self, depth: u8) -> Scope {
        let forms = [
            Form::Closure,
            Form::Future,
            Form::Future,
            Form::Guard,
            Form::ByHand,
            Form::Released,
            Form::Body,
        ];
        let ends = [End::Ok, End::Ok, End::Ok, End::Ok, End::Err, End::Drop];
        let lives = [
            Life::AlwaysFlush,
            Life::NeverFlush,
            Life::ReleaseAll,
            Life::ReleaseAll,
            Life::ReleaseEven,
        ];
        Scope {
            form: self.random.one_of(&forms),
            end: self.random.one_of(&ends),
            executor: self.random.once_in(2).then(|| self.way(2)),
            policy: self.random.once_in(4).then(|| self.rule()),
            lifecycle: self.random.once_in(3).then(|| self.random.one_of(&lives)),
            mode: self.mode(),
            again: self.random.once_in(4),
            body: self.steps(depth),
        }
    }

    fn mode(&mut self) -> Option<FailureMode> {
        let modes = [None, Some(FailureMode::Stop), Some(FailureMode::CarryOn)];
        self.random.one_of(&modes)
    }

    fn rule(&mut self) -> Rule {
        let number = self.random.below(4);
        match self.random.below(12) {
            0..=3 => Rule::Allow,
            4 => Rule::Drop,
            5 | 6 => Rule::DropSome(number),
            7 => Rule::VetoSome(number),
            8 => Rule::PanicAtFlush(number),
            9 => Rule::PanicAtEnqueue(number),
            10 => Rule::Limit(number),
            _ => Rule::NoReentry,
        }
    }

    fn way(&mut self, depth: u8) -> Way {
        let number = self.random.below(4);
        if depth == 0 || self.random.once_in(2) {
            return self.leaf(number);
        }
        let inner = Box::new(self.way(depth - 1));
        match self.random.below(5) {
            0 => Way::AcceptNot(number, inner),
            1 => Way::Retry(inner),
            2 => Way::Timeout(inner),
            3 => Way::OwnTimeout(number, inner),
            _ => Way::Fallback(inner, Box::new(self.way(depth - 1))),
        }
    }

    fn leaf(&mut self, number: u8) -> Way {
        match self.random.below(10) {
            0..=2 => Way::Inline,
            3 => Way::Keep(self.later()),
            4 => Way::KeepAsync(number, self.later()),
            5 => Way::Refuse,
            6 => Way::FailRest,
            7 => Way::PanicAfter(number),
            8 => Way::ReturnAfter(number),
            _ => Way::PanicInHand,
        }
    }

    fn later(&mut self) -> Later {
        self.random.one_of(&[
            Later::Perform,
            Later::PerformAsync,
            Later::CutShort,
            Later::GiveUp,
            Later::Drop,
        ])
    }

    fn enqueue(&mut self, depth: u8) -> Enqueue {
        let fire_on = [
            FireOn::Success,
            FireOn::Success,
            FireOn::Success,
            FireOn::Success,
            FireOn::Failure,
            FireOn::Always,
        ];
        Enqueue {
            kind: self.random.one_of(&Kind::ALL),
            fire_on: self.random.one_of(&fire_on),
            key: self.random.once_in(6).then(|| self.random.below(2)),
            plan: self.plan(depth),
        }
    }

    fn plan(&mut self, depth: u8) -> Plan {
        let fails = [0, 0, 0, 1, 2, 9];
        let yields = [0, 0, 1, 2, 3, Plan::FOREVER];
        let causes = depth > 0 && self.random.once_in(3);
        Plan {
            fails: self.random.one_of(&fails),
            panics: self.random.once_in(3),
            yields: self.random.one_of(&yields),
            body: if causes {
                self.steps(depth - 1)
            } else {
                Vec::new()
            },
        }
    }
}
