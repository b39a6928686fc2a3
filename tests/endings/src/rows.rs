//! The rows of the table.

use super::Step::*;
use super::{Body, Client, Ending, Ends, Told, When};

pub(super) fn all() -> Vec<Ending> {
    let mut rows = statuses();
    for when in [When::BeforeResponse, When::AfterResponse] {
        rows.extend(in_both_modes(when));
    }
    rows.extend(before_the_response());
    rows.extend(after_the_response());
    rows
}

impl Ending {
    /// Creates a row with this end of the handler. Its response is one text, which the client reads.
    fn new(name: &'static str, when: When, ends: Ends, report: &str) -> Self {
        let told = match ends {
            Ends::Status(status) => Told::Answer(status, "text".to_owned()),
            Ends::Panic => Told::Panic,
            Ends::Error => Told::Error,
            Ends::Never => Told::Nothing,
        };
        Self {
            name,
            when,
            steps: &[Mail(1), Ship(2)],
            ends,
            body: Body::Text,
            client: Client::Reads,
            told,
            report: report.to_owned(),
            log: &[],
            unhandled: "",
        }
    }

    fn steps(self, steps: &'static [super::Step]) -> Self {
        Self { steps, ..self }
    }

    fn log(self, log: &'static [&'static str]) -> Self {
        Self { log, ..self }
    }

    /// Sets the behaviour of the client, and the text that it has read.
    fn client(self, client: Client, read: &str) -> Self {
        let told = match self.told {
            Told::Answer(status, _) => Told::Answer(status, read.to_owned()),
            told => told,
        };
        Self {
            client,
            told,
            ..self
        }
    }

    fn unhandled(self, unhandled: &'static str) -> Self {
        Self { unhandled, ..self }
    }
}

fn statuses() -> Vec<Ending> {
    let mut rows = Vec::new();
    for when in [When::BeforeResponse, When::AfterResponse] {
        for status in [200, 201, 204, 301, 304, 399] {
            let report = "success: mail dispatched, ship dispatched";
            let ends = Ends::Status(status);
            let row = Ending::new("a status below 400 flushes", when, ends, report);
            rows.push(row.log(&["mail 1", "ship 2"]));
        }
        for status in [400, 404, 409, 422, 499, 500, 503, 599] {
            let report = "failure: mail discarded, ship discarded";
            let ends = Ends::Status(status);
            rows.push(Ending::new(
                "a status of 400 or more discards",
                when,
                ends,
                report,
            ));
        }
    }
    rows
}

fn in_both_modes(when: When) -> Vec<Ending> {
    let row = |name, ends, report| Ending::new(name, when, ends, report);
    vec![
        row(
            "a request that enqueues nothing",
            Ends::Status(200),
            "success: ",
        )
        .steps(&[]),
        row(
            "marked intents are dispatched on a failure status",
            Ends::Status(409),
            "failure: mail discarded, ship dispatched, ship dispatched",
        )
        .steps(&[Mail(1), ShipOnFailure(2), ShipAlways(3)])
        .log(&["ship 2", "ship 3"]),
        row(
            "an intent marked on failure is not dispatched on success",
            Ends::Status(200),
            "success: mail not due, ship dispatched",
        )
        .steps(&[MailOnFailure(1), ShipAlways(2)])
        .log(&["ship 2"]),
        row(
            "an error of the inner service",
            Ends::Error,
            "failure: mail discarded, ship dispatched",
        )
        .steps(&[Mail(1), ShipOnFailure(2)])
        .log(&["ship 2"]),
        row(
            "a panic is resumed after marked intents are dispatched",
            Ends::Panic,
            "panic: mail discarded, ship dispatched",
        )
        .steps(&[Mail(1), ShipAlways(2)])
        .log(&["ship 2"]),
        row(
            "a client that leaves before it is answered",
            Ends::Never,
            "cancelled: mail discarded, mail dispatched, ship failed",
        )
        .steps(&[Mail(1), MailOnFailure(2), ShipOnFailure(3)])
        .client(Client::Leaves, "")
        .log(&["mail 2"])
        .unhandled("ship"),
        row(
            "a marked effect that fails leaves the response alone",
            Ends::Status(409),
            "failure: charge failed, ship not reached",
        )
        .steps(&[ChargeOnFailure(1), ShipOnFailure(2)])
        .unhandled("charge, ship"),
    ]
}

fn before_the_response() -> Vec<Ending> {
    let row = |name, report| Ending::new(name, When::BeforeResponse, Ends::Status(200), report);
    vec![
        Ending {
            told: Told::Answer(500, super::PROBLEM.to_owned()),
            ..row(
                "a flush that fails becomes the response",
                "success: charge failed, mail not reached",
            )
            .steps(&[Charge(1), Mail(2)])
            .unhandled("charge, mail")
        },
        Ending {
            told: Told::Nothing,
            ..row(
                "a client that leaves during the flush stops it there",
                "success: mail dispatched, ship failed, mail not reached",
            )
            .steps(&[Mail(1), Ship(2), Mail(3)])
            .client(Client::Leaves, "")
            .log(&["mail 1"])
            .unhandled("ship, mail")
        },
        Ending {
            body: Body::Enqueues,
            ..row(
                "a body that enqueues is refused",
                "success: mail dispatched, ship dispatched",
            )
            .client(Client::Reads, "no no ")
            .log(&["mail 1", "ship 2"])
        },
        Ending {
            body: Body::Fails,
            told: Told::BreaksOff(200, "no no ".to_owned()),
            ..row(
                "a body that fails comes too late to matter",
                "success: mail dispatched, ship dispatched",
            )
            .log(&["mail 1", "ship 2"])
        },
    ]
}

fn after_the_response() -> Vec<Ending> {
    let row = |name, report| Ending::new(name, When::AfterResponse, Ends::Status(200), report);
    let streams = |name, body, report| Ending {
        body,
        ..row(name, report).steps(&[Mail(1), ShipOnFailure(2)])
    };
    let all = "success: mail dispatched, ship not due, mail dispatched, mail dispatched";
    vec![
        row(
            "a flush that fails leaves the response",
            "success: charge failed, mail not reached",
        )
        .steps(&[Charge(1), Mail(2)])
        .unhandled("charge, mail"),
        streams(
            "intents of the body are dispatched with the rest",
            Body::Enqueues,
            all,
        )
        .client(Client::Reads, "yes yes ")
        .log(&["mail 1", "mail 11", "mail 12"]),
        Ending {
            told: Told::BreaksOff(200, "yes yes ".to_owned()),
            ..streams(
                "a body that fails discards",
                Body::Fails,
                "failure: mail discarded, ship dispatched, mail discarded, mail discarded",
            )
            .log(&["ship 2"])
        },
        Ending {
            told: Told::BreaksOff(200, "yes yes ".to_owned()),
            ..streams(
                "a body that panics discards",
                Body::Panics,
                "panic: mail discarded, ship dispatched, mail discarded, mail discarded",
            )
            .log(&["ship 2"])
        },
        streams(
            "a body that is dropped counts as sent",
            Body::Enqueues,
            "success: mail dispatched, ship not due",
        )
        .client(Client::DropsTheBody, "")
        .log(&["mail 1"]),
        streams(
            "a body whose client disconnects counts as sent",
            Body::Enqueues,
            "success: mail dispatched, ship not due, mail dispatched",
        )
        .client(Client::LeavesTheBody, "yes ")
        .log(&["mail 1", "mail 11"]),
        Ending {
            ends: Ends::Status(500),
            told: Told::Answer(500, "no no ".to_owned()),
            body: Body::Enqueues,
            ..row(
                "a failure ends before its body",
                "failure: mail discarded, ship discarded",
            )
        },
    ]
}
