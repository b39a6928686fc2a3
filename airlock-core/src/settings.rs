//! The settings of an airlock: resources, defaults and hooks.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use crate::effect::Resources;
use crate::executor::{FailureMode, Named, ThreadTimer, Timer};
use crate::lifecycle::Lifecycle;
use crate::observer::Observer;
use crate::policy::Layer;
use crate::report::{ReportHook, UnhandledErrorHook};

/// The settings of an airlock.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) resources: Resources,
    pub(crate) executor: Option<Named>,
    pub(crate) policies: Vec<Layer>,
    pub(crate) lifecycle: Option<Arc<dyn Lifecycle>>,
    pub(crate) failure_mode: FailureMode,
    pub(crate) depth_limit: u32,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) on_report: Option<ReportHook>,
    pub(crate) on_unhandled_error: Option<UnhandledErrorHook>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// The default limit for the length of a chain of causes.
const DEPTH_LIMIT: u32 = 32;

impl Settings {
    /// Makes the default settings.
    pub(crate) fn new() -> Self {
        Self {
            resources: Resources::default(),
            executor: None,
            policies: Vec::new(),
            lifecycle: None,
            failure_mode: FailureMode::Stop,
            depth_limit: DEPTH_LIMIT,
            timer: Arc::new(ThreadTimer),
            on_report: None,
            on_unhandled_error: None,
            observer: None,
        }
    }

    /// Returns the settings for code in no airlock.
    pub(crate) fn plain() -> SettingsRef {
        static PLAIN: LazyLock<Arc<Settings>> = LazyLock::new(|| {
            Arc::new(Settings {
                resources: Resources::without_airlock(),
                ..Settings::new()
            })
        });
        SettingsRef::Static(&PLAIN)
    }
}

/// Shared settings. References to those that live as long as the process are not counted: an atomic operation costs
/// as much as the rest of opening a small scope.
#[derive(Clone)]
pub(crate) enum SettingsRef {
    Static(&'static Settings),
    Shared(Arc<Settings>),
}

impl Deref for SettingsRef {
    type Target = Settings;

    #[inline]
    fn deref(&self) -> &Settings {
        match self {
            Self::Static(settings) => settings,
            Self::Shared(settings) => settings,
        }
    }
}
