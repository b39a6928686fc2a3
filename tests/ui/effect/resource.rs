#![allow(unused_variables, dead_code)]

struct Mailer;

#[airlock::effect]
fn owned(#[resource] mailer: Mailer) {}

#[airlock::effect]
fn exclusive(#[resource] mailer: &mut Mailer) {}

#[airlock::effect]
fn with_lifetime(#[resource] mailer: &'static Mailer) {}

fn main() {}
