//! R8, R10 and holes 1 to 4 over random programs, and the laws of policies.

use std::sync::Arc;

use airlock::lifecycle::{FlushOnSuccess, Lifecycle, ReleaseAll};
use airlock::policy::{Policy, allow_all, allow_if, drop_all};
use proptest::prelude::*;

use crate::fixture::{Log, Mail, airlock as make, logged, mail};

/// A step of a random program.
#[derive(Clone, Debug)]
enum Step {
    Mail,
    Scope {
        drops: Option<u32>,
        releases: bool,
        fails: bool,
        body: Vec<Step>,
    },
    Local {
        drops: u32,
        body: Vec<Step>,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![3 => Just(Step::Mail)];
    let step = leaf.prop_recursive(5, 40, 5, |inner| {
        let body = prop::collection::vec(inner, 0..5);
        prop_oneof![
            2 => Just(Step::Mail),
            3 => (prop::option::of(0..4_u32), any::<bool>(), prop::bool::weighted(0.2), body.clone())
                .prop_map(|(drops, releases, fails, body)| Step::Scope { drops, releases, fails, body }),
            1 => (0..4_u32, body).prop_map(|(drops, body)| Step::Local { drops, body }),
        ]
    });
    prop::collection::vec(step, 0..6)
}

/// Returns a policy that drops the mails whose number has this remainder modulo 4.
fn drops(remainder: u32) -> impl Policy {
    allow_if(move |intent| {
        intent
            .downcast_ref::<Mail>()
            .is_none_or(|mail| mail.n % 4 != remainder)
    })
}

fn perform(steps: &[Step], next: &mut u32) {
    for step in steps {
        match step {
            Step::Mail => {
                airlock::enqueue(mail(*next));
                *next += 1;
            }
            Step::Local {
                drops: remainder,
                body,
            } => {
                airlock::policy(drops(*remainder)).run(|| perform(body, next));
            }
            Step::Scope {
                drops: remainder,
                releases,
                fails,
                body,
            } => {
                let lifecycle: Arc<dyn Lifecycle> = if *releases {
                    Arc::new(ReleaseAll)
                } else {
                    Arc::new(FlushOnSuccess)
                };
                let mut scope = airlock::scope().lifecycle(lifecycle);
                if let Some(remainder) = remainder {
                    scope = scope.policy(drops(*remainder));
                }
                let _ = scope.run(|_| {
                    perform(body, next);
                    if *fails { Err(Failed) } else { Ok(()) }
                });
            }
        }
    }
}

#[derive(Debug)]
struct Failed;

impl From<airlock::FlushError> for Failed {
    fn from(_: airlock::FlushError) -> Self {
        Failed
    }
}

/// A mail that a scope of the model holds, with the policies that it has passed. The model computes the
/// expected result without airlock.
#[derive(Clone)]
struct Held {
    n: u32,
    /// The policies on its way out: (remainder, depth of the policy's scope, or `None` if it is local).
    passed: Vec<(u32, Option<usize>)>,
}

struct Model {
    next: u32,
    ran: Vec<u32>,
    /// For each enclosing scope: its policy, whether it releases, and its buffer.
    scopes: Vec<(Option<u32>, bool, Vec<Held>)>,
    /// The local policies, each with the number of scopes around it.
    locals: Vec<(u32, usize)>,
}

impl Model {
    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Mail => {
                    let scopes = self.scopes.iter().enumerate();
                    let own = scopes.filter_map(|(depth, scope)| Some((scope.0?, Some(depth))));
                    let local = self.locals.iter().map(|(remainder, _)| (*remainder, None));
                    let held = Held {
                        n: self.next,
                        passed: own.chain(local).collect(),
                    };
                    self.next += 1;
                    if let Some(scope) = self.scopes.last_mut() {
                        scope.2.push(held);
                    }
                }
                Step::Local { drops, body } => {
                    self.locals.push((*drops, self.scopes.len()));
                    self.steps(body);
                    self.locals.pop();
                }
                Step::Scope {
                    drops,
                    releases,
                    fails,
                    body,
                } => {
                    self.scopes.push((*drops, *releases, Vec::new()));
                    self.steps(body);
                    let depth = self.scopes.len() - 1;
                    let (_, _, buffer) = self.scopes.pop().expect("pushed above");
                    if !fails {
                        self.end(depth, buffer);
                    }
                }
            }
        }
    }

    /// Flushes the scope at `depth`. The nearest ancestor that holds captures everything, because each
    /// ancestor either holds or releases all intents.
    fn end(&mut self, depth: usize, buffer: Vec<Held>) {
        if let Some(holder) = self.scopes.iter_mut().rev().find(|scope| !scope.1) {
            holder.2.extend(buffer);
            return;
        }
        for held in buffer {
            let judged = held
                .passed
                .iter()
                .filter(|(_, of)| of.is_none_or(|of| of >= depth));
            if judged
                .into_iter()
                .all(|(remainder, _)| held.n % 4 != *remainder)
            {
                self.ran.push(held.n);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r08_r10_random_programs_do_what_the_rules_say(
        program in steps(), remainder in prop::option::of(0..4_u32), releases in any::<bool>(),
    ) {
        let outer = [Step::Scope { drops: remainder, releases, fails: false, body: program }];
        let log = logged(|_| perform(&outer, &mut 0));
        let mut model = Model { next: 0, ran: Vec::new(), scopes: Vec::new(), locals: Vec::new() };
        model.steps(&outer);
        let expected: Vec<_> = model.ran.iter().map(|n| format!("mail {n}")).collect();
        prop_assert_eq!(log, expected);
    }

    /// Holes 1 to 3: an intent that an enclosing policy drops never escapes, regardless of nesting and
    /// capture.
    #[test]
    fn holes_no_policy_is_lost_by_nesting_or_capture(program in steps()) {
        let log = logged(|_| {
            airlock::policy(drop_all()).run(|| {
                perform(&[Step::Scope { drops: None, releases: false, fails: false, body: program.clone() }], &mut 0);
            });
            airlock::scope().policy(drop_all()).run_infallible(|_| perform(&program.clone(), &mut 0))
                .map(|_| ()).expect("dropped, not failed");
        });
        // A scope that releases gives up its judgement (R8), but the outermost scope here holds.
        prop_assert!(log.is_empty(), "{log:?}");
    }

    /// Hole 4: if intents fail, every intent is either dispatched or handed back, exactly once.
    #[test]
    fn holes_a_failure_loses_nothing(fails_at in prop::collection::btree_set(0..12_u32, 0..4)) {
        let log = Log::default();
        let airlock = make(&log);
        let enqueue = |n| if fails_at.contains(&n) {
            airlock::enqueue(crate::fixture::fail(n))
        } else {
            airlock::enqueue(mail(n))
        };
        let ended = airlock.run(|| airlock::scope().run_infallible(|_| (0..12).for_each(|n| _ = enqueue(n))));
        let first = fails_at.first().copied().unwrap_or(12);
        prop_assert_eq!(log.lines().len() as u32, (first + 1).min(12));
        if let Err(error) = ended {
            prop_assert_eq!(error.into_intents().len() as u32, 12 - first);
        } else {
            prop_assert_eq!(first, 12);
        }
    }

    #[test]
    fn laws_policies_form_a_boolean_algebra_at_dispatch(a in policy(), b in policy(), c in policy()) {
        let (a, b, c) = (|| a.build(), || b.build(), || c.build());
        same(a().and(a()), a())?;
        same(a().or(a()), a())?;
        same(a().and(b()), b().and(a()))?;
        same(a().or(b()), b().or(a()))?;
        same(a().and(b()).and(c()), a().and(b().and(c())))?;
        same(a().or(b()).or(c()), a().or(b().or(c())))?;
        same(a().and(a().or(b())), a())?;
        same(a().or(a().and(b())), a())?;
        same(a().and(b().or(c())), a().and(b()).or(a().and(c())))?;
        same(a().not().not(), a())?;
        same(a().and(b()).not(), a().not().or(b().not()))?;
        same(a().or(b()).not(), a().not().and(b().not()))?;
        same(a().and(allow_all()), a())?;
        same(a().or(drop_all()), a())?;
        same(a().and(a().not()), drop_all())?;
        same(a().or(a().not()), allow_all())?;
        same((a(), b(), c()), vec![a(), b(), c()])?;
    }
}

#[derive(Clone, Debug)]
enum Spec {
    Drops(u32),
    And(Box<Spec>, Box<Spec>),
    Or(Box<Spec>, Box<Spec>),
    Not(Box<Spec>),
}

impl Spec {
    fn build(&self) -> Arc<dyn Policy> {
        match self {
            Spec::Drops(remainder) => Arc::new(drops(*remainder)),
            Spec::And(a, b) => Arc::new(a.build().and(b.build())),
            Spec::Or(a, b) => Arc::new(a.build().or(b.build())),
            Spec::Not(a) => Arc::new(a.build().not()),
        }
    }
}

fn policy() -> impl Strategy<Value = Spec> {
    (0..4_u32)
        .prop_map(Spec::Drops)
        .prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| Spec::And(Box::new(a), Box::new(b))),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| Spec::Or(Box::new(a), Box::new(b))),
                inner.prop_map(|a| Spec::Not(Box::new(a))),
            ]
        })
}

/// Checks that both policies let the same intents pass.
fn same(a: impl Policy, b: impl Policy) -> Result<(), TestCaseError> {
    let passing = |policy: Arc<dyn Policy>| {
        logged(|_| {
            let scope = airlock::scope().policy(policy);
            scope
                .run_infallible(|_| (0..8).for_each(|n| _ = airlock::enqueue(mail(n))))
                .expect("nothing fails");
        })
    };
    prop_assert_eq!(passing(Arc::new(a)), passing(Arc::new(b)));
    Ok(())
}
