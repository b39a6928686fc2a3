//! Defects of the first core. Each test is named after what went wrong, and shows what must happen.

mod child;
mod contexts;
mod fixture;
mod guards;
mod logged;
