//! Code that is written once for two databases.

/// A pool, a connection or River: of SQLite or of PostgreSQL.
#[derive(Clone, Debug)]
pub(super) enum Both<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// Evaluates an expression with the value of either database. The compiler sees the expression once for each, so sqlx
/// can infer the database of a query from what executes it. Queries have to be built inside.
macro_rules! on_both {
    ($both:expr, $name:ident => $do:expr) => {
        match $both {
            $crate::store::both::Both::Sqlite($name) => $do,
            $crate::store::both::Both::Postgres($name) => $do,
        }
    };
}

pub(super) use on_both;
