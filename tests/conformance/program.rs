//! The scenarios as data.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) program: Vec<Step>,
    pub(crate) trace: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Enqueue(Enqueue),
    Scope {
        policy: PolicySpec,
        lifecycle: LifecycleSpec,
        body: Vec<Step>,
    },
    Manual {
        policy: PolicySpec,
        lifecycle: LifecycleSpec,
        body: Vec<Step>,
        then: Then,
    },
    Local {
        policy: PolicySpec,
        body: Vec<Step>,
    },
    Catch(Vec<Step>),
    Inspect(()),
    Fail(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
pub(crate) struct Enqueue {
    pub(crate) effect: String,
    pub(crate) args: (i64,),
    #[serde(default)]
    pub(crate) options: EnqueueOptions,
}

#[derive(Default, Deserialize)]
pub(crate) struct EnqueueOptions {
    #[serde(default)]
    pub(crate) urgent: bool,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    Flush,
    Discard,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum PolicySpec {
    AllowAll,
    DropAll,
    AssertNoEffects,
    Block {
        effects: Vec<String>,
        #[serde(default)]
        reject: bool,
    },
    Limit {
        max: usize,
    },
    Enqueuing {
        on: On,
    },
    All {
        of: Vec<PolicySpec>,
    },
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    Enqueue,
    Flush,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LifecycleSpec {
    Default,
    ReleaseAll,
    ReleaseUrgent,
    AlwaysFlush,
    NeverFlush,
}
