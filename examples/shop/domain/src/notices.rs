//! Notices for browsers about the forms that they have sent. Each form is answered with a redirect, so that the next
//! page can be reloaded without sending the form again. The notice is kept here for that page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::problem::Problem;

/// The number of notices that are kept. Older pages show no notice.
const KEPT: usize = 64;

/// The last notices. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    notices: VecDeque<Notice>,
}

/// The outcome of one form.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its number, for the URL of the page.
    pub number: u64,
    /// The form that was sent.
    pub form: Form,
    /// The problem, if the request failed.
    pub problem: Option<Problem>,
    /// The scope of the request, as named in its report.
    pub scope: Option<String>,
}

/// A form as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// The path that it was sent to.
    pub path: String,
    /// The fields, with name and value.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Parses the body of a request with a form.
    #[must_use]
    pub fn read(path: &str, body: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            fields: form_urlencoded::parse(body).into_owned().collect(),
        }
    }

    /// The maximum length of a body, in bytes.
    pub const LIMIT: usize = 64 * 1024;

    /// Returns the value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let (_, value) = fields.find(|(field, _)| field == name)?;
        Some(value)
    }
}

impl Notices {
    /// Keeps a notice, and returns the URL of the page that shows it.
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

    /// Returns the notice that the query of a URL selects.
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
