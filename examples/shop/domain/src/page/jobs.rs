//! The durable effects in the database.

use std::fmt::{self, Write};

use super::html::text;
use crate::jobs::{Job, Progress};

/// The number of jobs that are shown without a click.
const OPEN: usize = 8;

pub(super) fn list(page: &mut String, jobs: &[Job]) -> fmt::Result {
    page.write_str(r#"<section id="jobs"><h2>Jobs</h2>"#)?;
    if jobs.is_empty() {
        page.write_str("<p>None yet.</p>")?;
    }
    let count = |state| jobs.iter().filter(|job| job.state == state).count();
    for state in [Progress::Pending, Progress::Running, Progress::Retrying] {
        let (number, state) = (count(state), state.as_str());
        if number > 0 {
            write!(page, r#"<p class="{state}">{number} {state}</p>"#)?;
        }
    }
    let (newest, earlier) = jobs.split_at(jobs.len().min(OPEN));
    page.write_str("<ul>\n")?;
    for job in newest {
        self::job(page, job)?;
    }
    page.write_str("</ul>")?;
    if !earlier.is_empty() {
        writeln!(
            page,
            "<details><summary>{} earlier</summary><ul>",
            earlier.len()
        )?;
        for job in earlier {
            self::job(page, job)?;
        }
        page.write_str("</ul></details>")?;
    }
    page.write_str("</section>\n")
}

fn job(page: &mut String, job: &Job) -> fmt::Result {
    let Job {
        id,
        effect,
        state,
        attempt,
        arguments,
        error,
    } = job;
    let state = state.as_str();
    write!(
        page,
        r#"<li id="job-{id}"><code>{}</code> <span class="state {state}">{state}</span><br>"#,
        text(effect)
    )?;
    let mut separator = "";
    for (name, value) in arguments {
        write!(page, "{separator}{}: {}", text(name), text(value))?;
        separator = ", ";
    }
    write!(page, "<br><small>Job {id}, attempt {attempt}</small>")?;
    if let Some(error) = error {
        write!(page, r#"<br><span class="error">{}</span>"#, text(error))?;
    }
    page.write_str("</li>\n")
}
