//! Shrinks a failing program while it breaks the same promise.

use crate::program::{End, Enqueue, FireOn, Kind, Plan, Program, Scope, Step, Way};
use crate::run::try_program;

/// Returns a smaller program that breaks the same rule, and cannot be simplified further.
pub(crate) fn shrink(program: &Program, rule: &str) -> Program {
    shrink_while(
        program,
        |smaller| matches!(try_program(smaller), Err(finding) if finding.violation.rule == rule),
    )
}

fn shrink_while(program: &Program, fails: impl Fn(&Program) -> bool) -> Program {
    let mut smallest = program.clone();
    // Terminates, because each round makes the program smaller.
    while let Some(smaller) = simpler(&smallest).into_iter().find(&fails) {
        smallest = smaller;
    }
    smallest
}

/// Returns the programs that are one simplification away.
fn simpler(program: &Program) -> Vec<Program> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Program)| {
        let mut changed = program.clone();
        change(&mut changed);
        if changed != *program {
            all.push(changed);
        }
    };
    add(&|it| it.executor = None);
    add(&|it| it.policy = None);
    add(&|it| it.mode = None);
    add(&|it| it.depth_limit = 32);
    for steps in simpler_steps(&program.steps) {
        add(&|it| it.steps.clone_from(&steps));
    }
    all
}

/// Returns the steps without one step, with a step replaced by its body, or with a step simplified.
fn simpler_steps(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut all = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        let with = |replacement: &[Step]| {
            let (before, after) = (&steps[..position], &steps[position + 1..]);
            [before, replacement, after].concat()
        };
        all.push(with(&[]));
        all.extend(bodies(step).into_iter().map(with));
        all.extend(simpler_step(step).into_iter().map(|step| with(&[step])));
    }
    all
}

fn bodies(step: &Step) -> Vec<&[Step]> {
    match step {
        Step::Scope(scope) => vec![&scope.body],
        Step::Crossed(first, second) => vec![&first.body, &second.body],
        Step::Local(_, _, body)
        | Step::Thread(body)
        | Step::UseHandle(body)
        | Step::Cancel(_, body) => vec![body],
        Step::Join(a, b) => vec![a, b],
        _ => Vec::new(),
    }
}

fn simpler_step(step: &Step) -> Vec<Step> {
    let bodies = |body: &[Step], make: &dyn Fn(Vec<Step>) -> Step| {
        simpler_steps(body).into_iter().map(make).collect()
    };
    match step {
        Step::Enqueue(it) => simpler_enqueue(it).into_iter().map(Step::Enqueue).collect(),
        Step::EnqueueInDrop(it) => {
            let simpler = simpler_enqueue(it).into_iter();
            simpler.map(Step::EnqueueInDrop).collect()
        }
        Step::Scope(it) => simpler_scope(it).into_iter().map(Step::Scope).collect(),
        Step::Crossed(first, second) => {
            let firsts = simpler_scope(first).into_iter();
            let firsts = firsts.map(|first| Step::Crossed(first, second.clone()));
            let seconds = simpler_scope(second).into_iter();
            firsts
                .chain(seconds.map(|second| Step::Crossed(first.clone(), second)))
                .collect()
        }
        Step::Local(rule, form, body) => bodies(body, &|body| Step::Local(*rule, *form, body)),
        Step::Thread(body) => bodies(body, &Step::Thread),
        Step::UseHandle(body) => bodies(body, &Step::UseHandle),
        Step::Cancel(polls, body) => bodies(body, &|body| Step::Cancel(*polls, body)),
        Step::Join(a, b) => {
            let mut all: Vec<Step> = bodies(a, &|a| Step::Join(a, b.clone()));
            all.extend::<Vec<Step>>(bodies(b, &|b| Step::Join(a.clone(), b)));
            all
        }
        Step::Yield(polls) if *polls > 1 => vec![Step::Yield(1)],
        Step::Yield(_) | Step::KeepHandle | Step::Panic => Vec::new(),
    }
}

fn simpler_scope(scope: &Scope) -> Vec<Scope> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Scope)| {
        let mut changed = scope.clone();
        change(&mut changed);
        if changed != *scope {
            all.push(changed);
        }
    };
    add(&|it| it.executor = None);
    for way in scope.executor.iter().flat_map(inner_ways) {
        add(&|it| it.executor = Some(way.clone()));
    }
    add(&|it| it.policy = None);
    add(&|it| it.lifecycle = None);
    add(&|it| it.mode = None);
    add(&|it| it.again = false);
    add(&|it| it.end = End::Ok);
    for body in simpler_steps(&scope.body) {
        add(&|it| it.body.clone_from(&body));
    }
    all
}

fn inner_ways(way: &Way) -> Vec<Way> {
    match way {
        Way::AcceptNot(_, inner)
        | Way::Retry(inner)
        | Way::Timeout(inner)
        | Way::OwnTimeout(_, inner) => vec![(**inner).clone()],
        Way::Fallback(first, second) => vec![(**first).clone(), (**second).clone()],
        _ => Vec::new(),
    }
}

fn simpler_enqueue(enqueue: &Enqueue) -> Vec<Enqueue> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Enqueue)| {
        let mut changed = enqueue.clone();
        change(&mut changed);
        if changed != *enqueue {
            all.push(changed);
        }
    };
    add(&|it| it.plan = Plan::default());
    add(&|it| it.plan.fails = 0);
    add(&|it| it.plan.panics = false);
    add(&|it| it.plan.yields = 0);
    add(&|it| it.key = None);
    add(&|it| it.fire_on = FireOn::Success);
    add(&|it| it.kind = Kind::Quiet);
    for body in simpler_steps(&enqueue.plan.body) {
        add(&|it| it.plan.body.clone_from(&body));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;

    #[test]
    fn only_what_matters_is_left() {
        let yields = |program: &Program| format!("{program:?}").contains("Yield(");
        let first = (0..).map(generate::program).find(yields);
        let small = shrink_while(&first.expect("the numbers do not end"), yields);
        assert_eq!(small.steps, [Step::Yield(1)]);
    }
}
