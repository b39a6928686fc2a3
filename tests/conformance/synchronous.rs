//! Runs programs with sync scopes and sync effects.

use serde_json::{Value, json};

use crate::program::{Scenario, Step, Then};
use crate::world::{Form, Path, Stop, World, ended, enqueue, policy};

pub(crate) fn run(scenario: &Scenario, path: Path) -> Vec<Value> {
    let world = World::new(path);
    world.airlock().run(|| catch(&world, &scenario.program));
    world.trace()
}

fn catch(world: &World, body: &[Step]) {
    world.record(match steps(world, body) {
        Ok(()) => json!(["ok"]),
        Err(stop) => json!(["caught", stop.kind()]),
    });
}

fn steps(world: &World, steps: &[Step]) -> Result<(), Stop> {
    steps.iter().try_for_each(|next| step(world, next))
}

fn step(world: &World, step: &Step) -> Result<(), Stop> {
    match step {
        Step::Enqueue(intent) => enqueue(world, Form::Sync, intent),
        Step::Scope {
            policy: judges,
            lifecycle: decides,
            body,
        } => {
            let recorder = world.clone();
            world
                .scope(Form::Sync, judges, *decides)
                .on_report(move |report| recorder.record(ended(report)))
                .run(|_| {
                    world.entered();
                    steps(world, body)
                })
        }
        Step::Manual {
            policy: judges,
            lifecycle: decides,
            body,
            then,
        } => {
            let scope = world.scope(Form::Sync, judges, *decides).enter();
            world.entered();
            let done = steps(world, body);
            let scope = scope.exit();
            match then {
                Then::Flush => match scope.flush() {
                    Ok(report) => {
                        world.record(json!([
                            "manual",
                            "flush",
                            world.listed(&report, "dispatched")
                        ]));
                        done
                    }
                    Err(error) => done.and(Err(Stop::from(error))),
                },
                Then::Discard => {
                    let report = scope.discard();
                    world.record(json!([
                        "manual",
                        "discard",
                        world.listed(&report, "discarded")
                    ]));
                    done
                }
            }
        }
        Step::Local {
            policy: judges,
            body,
        } => {
            if world.leaves_out(judges) {
                return steps(world, body);
            }
            let _judged = airlock::policy(policy(world, Form::Sync, judges)).enter();
            steps(world, body)
        }
        Step::Catch(body) => {
            catch(world, body);
            Ok(())
        }
        Step::Inspect(()) => {
            world.inspect();
            Ok(())
        }
        Step::Fail(_) => Err(Stop::User),
    }
}
