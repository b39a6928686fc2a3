//! The ways in which a request with a transaction can end: one table for both frameworks.

/// One way to end.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    /// `true` if the order is committed and the mail is sent.
    pub(crate) commits: bool,
    /// `true` if the response is our problem body.
    pub(crate) is_problem: bool,
}

const fn ending(path: &'static str, status: u16, commits: bool, is_problem: bool) -> Ending {
    Ending {
        path,
        status,
        commits,
        is_problem,
    }
}

/// Each path is a handler in both frameworks. All insert an order and enqueue a mail, except the last one.
pub(crate) const ENDINGS: [Ending; 8] = [
    ending("/ok", 200, true, false),
    ending("/redirect", 303, true, false),
    ending("/refused", 422, false, false),
    ending("/broken", 500, false, false),
    ending("/panics", 500, false, false),
    ending("/commit-fails", 500, false, true),
    ending("/keeps-it", 500, false, true),
    ending("/without", 200, false, false),
];
