//! Checks whether a stream provides the guarantees that durable effects expect.

use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};

use crate::handle::Settings;

/// Returns the missing guarantees of a stream, each as a phrase that follows "it".
///
/// `could_delay` is `true` if the server supports schedules.
pub(crate) fn shortfalls(actual: &Config, settings: &Settings, could_delay: bool) -> Vec<String> {
    let mut shortfalls = Vec::new();
    let mut require = |holds: bool, text: String| {
        if holds {
            shortfalls.push(text);
        }
    };
    require(
        actual.storage == StorageType::Memory,
        "keeps intents in memory".to_owned(),
    );
    require(
        actual.num_replicas <= 1 && !settings.syncs_always,
        "has one replica, which can lose what it has answered for when its machine loses power (use three, or set `sync_interval: always` on the server and say `.syncs_always()`)".to_owned(),
    );
    require(
        actual.retention == RetentionPolicy::Limits,
        "keeps intents that were performed, until its limits remove them".to_owned(),
    );
    require(
        actual.retention == RetentionPolicy::Interest,
        "drops intents of queues that no worker has ever worked".to_owned(),
    );
    require(
        !actual.max_age.is_zero(),
        format!(
            "removes intents that were not performed within {:?}",
            actual.max_age
        ),
    );
    let is_limited = actual.max_messages > 0 || actual.max_bytes > 0;
    require(
        is_limited && actual.discard == DiscardPolicy::Old,
        "removes the oldest intents when it is full (remove its limits)".to_owned(),
    );
    require(
        actual.max_messages_per_subject > 0,
        format!(
            "keeps only {} intents of an effect",
            actual.max_messages_per_subject
        ),
    );
    require(
        could_delay && !actual.allow_message_schedules,
        "publishes nothing later, so that delays are refused (set `allow_msg_schedules`)"
            .to_owned(),
    );
    require(
        actual.no_ack,
        "answers for no intent (`no_ack`), so that none can be published".to_owned(),
    );
    require(
        actual.duplicate_window < settings.recognise_for,
        format!(
            "recognises an intent that is published again only within {:?} instead of {:?}",
            actual.duplicate_window, settings.recognise_for
        ),
    );
    shortfalls
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn settings() -> Settings {
        Settings {
            replicas: 3,
            window: 1,
            recognise_for: Duration::from_secs(60),
            syncs_always: false,
        }
    }

    fn sound() -> Config {
        Config {
            retention: RetentionPolicy::WorkQueue,
            num_replicas: 3,
            duplicate_window: Duration::from_secs(60),
            allow_message_schedules: true,
            ..Config::default()
        }
    }

    #[test]
    fn a_sound_stream_has_none() {
        assert_eq!(
            shortfalls(&sound(), &settings(), true),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_is_named() {
        let with = |change: fn(&mut Config)| {
            let mut config = sound();
            change(&mut config);
            shortfalls(&config, &settings(), true).join("|")
        };
        assert!(with(|it| it.storage = StorageType::Memory).contains("memory"));
        assert!(with(|it| it.num_replicas = 1).contains("syncs_always"));
        assert!(with(|it| it.retention = RetentionPolicy::Limits).contains("limits"));
        assert!(with(|it| it.retention = RetentionPolicy::Interest).contains("worked"));
        assert!(with(|it| it.max_age = Duration::from_secs(9)).contains("within 9s"));
        assert!(with(|it| it.max_messages = 9).contains("when it is full"));
        assert!(with(|it| it.max_messages_per_subject = 9).contains("only 9"));
        assert!(with(|it| it.allow_message_schedules = false).contains("delays are refused"));
        assert!(with(|it| it.no_ack = true).contains("no_ack"));
        assert!(with(|it| it.duplicate_window = Duration::from_secs(9)).contains("9s instead"));
    }

    #[test]
    fn one_server_that_syncs_always_is_enough() {
        let config = Config {
            num_replicas: 1,
            ..sound()
        };
        let settings = Settings {
            syncs_always: true,
            ..settings()
        };
        assert!(shortfalls(&config, &settings, true).is_empty());
    }
}
