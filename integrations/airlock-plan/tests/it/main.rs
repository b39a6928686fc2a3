//! Plans, from the code to their application.

mod applying;
mod effects;
mod planning;
