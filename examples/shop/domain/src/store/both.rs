//! Code that is written once for two databases.

/// A pool, a connection or River, for SQLite or PostgreSQL.
#[derive(Clone, Debug)]
pub(super) enum Both<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// Evaluates an expression with the value of either database. The macro expands the expression once per database, so
/// sqlx can infer a query's database from its executor. Queries have to be built inside of it.
macro_rules! on_both {
    ($both:expr, $name:ident => $do:expr) => {
        match $both {
            $crate::store::both::Both::Sqlite($name) => $do,
            $crate::store::both::Both::Postgres($name) => $do,
        }
    };
}

pub(super) use on_both;
