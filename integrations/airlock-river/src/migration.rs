//! River's migrations, for tools that apply migrations themselves.

use riverqueue::migrate::MigrateVersion;

/// The first version whose table of migrations has a column for the line.
const LINES: i64 = 5;

/// A migration of River's tables that is not applied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// Its number, from 1.
    pub version: i64,
    /// A short description.
    pub name: &'static str,
    /// Its statements, including one that records that the migration is applied.
    pub sql: String,
}

impl Migration {
    pub(crate) fn from_listed(listed: &MigrateVersion) -> Self {
        let version = listed.version;
        let note = match version < LINES {
            true => format!("INSERT INTO river_migration (version) VALUES ({version});"),
            false => {
                format!("INSERT INTO river_migration (line, version) VALUES ('main', {version});")
            }
        };
        Self {
            version,
            name: listed.name,
            sql: format!("{}\n\n{note}\n", listed.sql.trim_end()),
        }
    }
}
