//! Resources in every form that people try, and the messages when one is missing.

use std::sync::Arc;

use airlock::{Airlock, BuildError, PerformNow};

trait Mailer: Send + Sync {
    fn send(&self, order: u64) -> String;
}

struct Fake(&'static str);

impl Mailer for Fake {
    fn send(&self, order: u64) -> String {
        format!("{} {order}", self.0)
    }
}

#[airlock::effect]
fn mail(#[resource] mailer: &dyn Mailer, order: u64) -> Result<(), String> {
    Err(mailer.send(order))
}

#[airlock::effect]
fn remind(#[resource] mailer: &dyn Mailer, #[resource] pool: &Pool, order: u64) {
    let _ = (mailer.send(order), pool);
}

struct Pool;

/// Performs a mail and returns what its mailer said.
fn said(airlock: &Airlock) -> String {
    let error = mail(7).perform_now(airlock).expect_err("it always fails");
    error
        .to_string()
        .rsplit(": ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_trait_object_is_supplied_in_an_arc_or_in_a_box() {
    let shared: Arc<dyn Mailer> = Arc::new(Fake("shared"));
    let airlock = Airlock::builder().resource(shared).resource(Pool).build();
    assert_eq!(said(&airlock.expect("nothing is missing")), "shared 7");
    let boxed: Box<dyn Mailer> = Box::new(Fake("boxed"));
    let airlock = Airlock::builder()
        .resource(boxed)
        .resource(Arc::new(Pool))
        .build();
    assert_eq!(said(&airlock.expect("nothing is missing")), "boxed 7");
}

#[test]
fn a_resource_of_one_airlock_is_replaced_in_another() {
    let boxed: Box<dyn Mailer> = Box::new(Fake("boxed"));
    let airlock = Airlock::builder().resource(boxed).resource(Pool).build();
    let other: Arc<dyn Mailer> = Arc::new(Fake("other"));
    let airlock = airlock.expect("nothing is missing").with_resource(other);
    assert_eq!(said(&airlock), "other 7");
}

#[test]
fn a_missing_resource_has_one_line_with_its_path_and_the_effects_that_need_it() {
    let error = Airlock::builder().build().expect_err("nothing is supplied");
    let text = error.to_string();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("dyn traps::resources::Mailer`"))
        .collect();
    let [line] = lines[..] else { panic!("{text}") };
    assert!(
        line.contains("`traps.resources.mail` at ")
            && line.contains(" and `traps.resources.remind` at "),
        "{line}"
    );
    assert!(text.contains("supply it with `.resource(..)`"), "{text}");
}

#[test]
fn a_second_resource_of_one_type_is_an_error() {
    let twice = Airlock::builder()
        .resource(Pool)
        .resource(Pool)
        .skip_resource_check()
        .build();
    assert!(matches!(twice, Err(BuildError::DuplicateResource { .. })));
    let both = Airlock::builder()
        .resource(Pool)
        .resource(Arc::new(Pool))
        .skip_resource_check()
        .build();
    let text = both.expect_err("one effect, two pools").to_string();
    assert!(
        text.contains("`traps::resources::Pool` and `alloc::sync::Arc<traps::resources::Pool>`"),
        "{text}"
    );
}

#[test]
fn an_airlock_that_is_not_installed_is_what_the_failure_says() {
    let error = airlock::scope().run_infallible(|_| airlock::enqueue(remind(1)));
    let text = error.expect_err("no airlock is installed").to_string();
    assert!(
        text.contains("no airlock is installed here: call `.install()`"),
        "{text}"
    );
    let airlock = Airlock::builder()
        .skip_resource_check()
        .build()
        .expect("it builds");
    let error = airlock
        .scope()
        .run_infallible(|_| airlock::enqueue(remind(1)));
    let text = error.expect_err("it has no resources").to_string();
    assert!(
        text.contains(".resource(Arc::new(..) as Arc<dyn traps::resources::Mailer>)"),
        "{text}"
    );
}
