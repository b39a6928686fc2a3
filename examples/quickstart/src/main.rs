//! The five dangers of hidden side effects, and how airlock avoids them, on a file of orders.
//!
//! ```text
//!  cargo run -p quickstart                  # with the orders that ship with it
//!  cargo run -p quickstart -- my-orders.csv # with yours: id,customer,email,total_cents
//! ```

#![allow(clippy::print_stdout, reason = "showing is what this program is for")]

mod bulk;
mod checkout;
mod domain;
mod half_way;
mod input;
mod local_policies;
mod nesting;
mod opting_out;
mod outside;
mod reentrancy;
mod testing;
mod visibility;

use std::error::Error;
use std::process::ExitCode;

use airlock::Airlock;
use airlock::catalogue::Catalogue;
use outside::Outside;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "errors do not belong to the output")]
            {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    // Fails here, at start-up, if an effect of the program needs a resource that is missing.
    Airlock::builder()
        .resource(Outside::default())
        .build()?
        .install()?;

    let path = input::path_from(std::env::args().nth(1));
    let orders = input::read(&path)?;

    checkout::show(&orders)?;
    opting_out::show(&orders)?;
    visibility::show(&orders)?;
    testing::show(&orders)?;
    bulk::show()?;
    reentrancy::show()?;
    nesting::show(&orders)?;
    local_policies::show(&orders)?;
    half_way::show(&orders)?;

    heading("The catalogue: all that this program can do to the outside world");
    println!("{}", Catalogue::global()?);
    Ok(())
}

/// Prints the title of a section.
fn heading(title: &str) {
    println!("\n== {title}\n");
}
