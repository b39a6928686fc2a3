//! What browsers are told after a form: kept here, since each form is answered with a redirect, so that the
//! page that follows can be loaded again without sending anything again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::problem::Problem;

/// How many are kept. A page that is older shows no notice any more.
const KEPT: usize = 64;

/// The last notices. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    notices: VecDeque<Notice>,
}

/// What became of one form.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its number, for the address of the page.
    pub number: u64,
    /// The form that was sent.
    pub form: Form,
    /// What was wrong, if something was.
    pub problem: Option<Problem>,
    /// The scope of the request, which the report names.
    pub scope: Option<String>,
}

/// A form as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Where to.
    pub path: String,
    /// What was filled in.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Reads the body of a request with a form.
    #[must_use]
    pub fn read(path: &str, body: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            fields: form_urlencoded::parse(body).into_owned().collect(),
        }
    }

    /// The longest body that is read, in bytes.
    pub const LIMIT: usize = 64 * 1024;

    /// What was filled in here.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let (_, value) = fields.find(|(field, _)| field == name)?;
        Some(value)
    }
}

impl Notices {
    /// Coalesce one, and returns the address of the page that shows it.
    pub fn add(&self, form: Form, problem: Option<Problem>, scope: Option<String>) -> String {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        state.notices.push_front(Notice {
            number,
            form,
            problem,
            scope,
        });
        state.notices.truncate(KEPT);
        format!("/?notice={number}")
    }

    /// The one that the query of an address names.
    #[must_use]
    pub fn named_in(&self, query: Option<&str>) -> Option<Notice> {
        let mut pairs = query?.split('&');
        let number = pairs.find_map(|pair| pair.strip_prefix("notice="))?;
        let number: u64 = number.parse().ok()?;
        let state = self.lock();
        let found = state.notices.iter().find(|notice| notice.number == number);
        found.cloned()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
