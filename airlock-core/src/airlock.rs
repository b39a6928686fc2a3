//! The airlock of a program, with its resources and defaults.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use crate::catalogue::{self, Catalogue, CatalogueError};
use crate::context::{self, Around, Context, Entered, Place, ScopedFuture};
use crate::effect::{Effect, EffectDescriptor, MissingResource, ResourceNeed, Resources};
use crate::executor::{Executor, FailureMode, Inline, Named, Timer};
use crate::intent::{Intent, IntentId, in_full, next_id};
use crate::lifecycle::Lifecycle;
use crate::observer::Observer;
use crate::policy::{Layer, Policy};
use crate::report::{FlushError, FlushReport};
use crate::scope::{OpenScope, ScopeBuilder, SyncValue, scope};
use crate::settings::Settings;

/// The resources with which effects are performed, and the defaults of scopes.
///
/// Install one for the whole process at start-up, or enter one for a part of it. Without an
/// airlock, scopes have the default settings, and there are no resources.
///
/// ```rust,standalone_crate
/// # use airlock_core as airlock;
/// use airlock::Airlock;
///
/// struct Mailer;
///
/// let airlock = Airlock::builder().resource(Mailer).build()?;
/// let ended = airlock.run(|| airlock::scope().run_infallible(|scope| scope.len()))?;
/// assert_eq!(ended.value, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Airlock {
    place: Arc<Place>,
}

impl Airlock {
    /// Returns a builder of an airlock.
    pub fn builder() -> AirlockBuilder {
        AirlockBuilder {
            settings: Settings::new(),
            duplicates: Vec::new(),
            skip_resource_check: false,
        }
    }

    /// Makes it the airlock of the whole process, for all code that enters no other one.
    ///
    /// Install it before any scope opens. A scope that is already open keeps its defaults, and has
    /// no resources.
    ///
    /// # Errors
    ///
    /// [`InstallError`] if an airlock is already installed.
    pub fn install(self) -> Result<(), InstallError> {
        context::install(self.place).map_err(|_| InstallError)
    }

    /// Runs a closure in this airlock. Scopes and policies around the call do not apply to the
    /// closure. For a future, use [`bind`](Self::bind).
    pub fn run<T: SyncValue<NotAFuture>, NotAFuture>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::context(Context::Nobody(self.around()));
        work()
    }

    /// Makes a future run in this airlock. Scopes and policies around the call do not apply to the
    /// future.
    pub fn bind<F: Future>(&self, future: F) -> ScopedFuture<F> {
        ScopedFuture::new(Context::Nobody(self.around()), future)
    }

    /// Returns a builder of a scope that opens in this airlock, wherever it is called; see
    /// [`scope`](crate::scope()).
    #[track_caller]
    pub fn scope(&self) -> ScopeBuilder {
        scope().within(self.around())
    }

    /// Returns a copy of this airlock with one more resource, which replaces a resource of the same
    /// type.
    ///
    /// ```rust,standalone_crate
    /// # use airlock_core as airlock;
    /// use airlock::Airlock;
    ///
    /// struct Sender(&'static str);
    ///
    /// let airlock = Airlock::builder().resource(Sender("shop")).build()?;
    /// let for_tenant = airlock.with_resource(std::sync::Arc::new(Sender("acme")));
    /// # drop(for_tenant);
    /// # Ok::<(), airlock::BuildError>(())
    /// ```
    pub fn with_resource<T: ?Sized + Send + Sync + 'static>(&self, resource: Arc<T>) -> Self {
        let mut settings = Settings::clone(self.settings());
        settings.resources.insert(resource);
        Self {
            place: Place::airlock(settings),
        }
    }

    fn around(&self) -> Around {
        Around::Within(self.place.clone())
    }

    pub(crate) fn place(&self) -> &Arc<Place> {
        &self.place
    }

    pub(crate) fn settings(&self) -> &Settings {
        self.place.settings()
    }

    /// Opens a scope that holds one intent, exempt from policies.
    fn holding<E: Effect + Send>(
        &self,
        intent: E,
        location: &'static Location<'static>,
    ) -> OpenScope {
        let scope = ScopeBuilder::new().within(self.around());
        let open = scope.name("perform_now").executor(Inline).exempt().open();
        let id = IntentId(next_id());
        open.hold(Intent::at(intent, location, id, Some(open.id())));
        open
    }
}

impl ScopeBuilder {
    /// Opens the scope in this airlock. Scopes and policies around the call do not apply to it. The
    /// same as [`Airlock::scope`].
    pub fn airlock(self, airlock: &Airlock) -> Self {
        self.within(airlock.around())
    }
}

/// An extension trait that performs an effect immediately, for tests and scripts.
pub trait PerformNow: Effect {
    /// Performs this effect on the caller's thread, outside of every scope and policy. The
    /// airlock's policies judge the intents that it enqueues.
    ///
    /// For tests and scripts; production code enqueues. The name is easy to search for.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect, or an effect that it enqueued, failed. An async effect fails:
    /// use [`perform_now_async`](Self::perform_now_async) for it.
    #[track_caller]
    fn perform_now(self, airlock: &Airlock) -> Result<FlushReport, FlushError>
    where
        Self: Send,
    {
        airlock.holding(self, Location::caller()).flush()
    }

    /// Like [`perform_now`](Self::perform_now), but awaits async effects.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if the effect, or an effect that it enqueued, failed.
    #[track_caller]
    fn perform_now_async(
        self,
        airlock: &Airlock,
    ) -> impl Future<Output = Result<FlushReport, FlushError>> + Send
    where
        Self: Send,
    {
        airlock.holding(self, Location::caller()).flush_async()
    }
}

impl<E: Effect> PerformNow for E {}

impl fmt::Debug for Airlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.settings();
        f.debug_struct("Airlock")
            .field("resources", &settings.resources)
            .field("policies", &settings.policies)
            .finish_non_exhaustive()
    }
}

/// A builder of an [`Airlock`].
#[must_use = "a builder does nothing until the airlock is built, and installed or entered"]
pub struct AirlockBuilder {
    settings: Settings,
    /// The types of resources that were supplied twice.
    duplicates: Vec<&'static str>,
    skip_resource_check: bool,
}

impl AirlockBuilder {
    /// Supplies a resource to the effects that declare `#[resource] name: &T`.
    ///
    /// Pass a `T`, an `Arc<T>` or a `Box<T>`. For a trait object, pass an `Arc<dyn Mailer>` or a
    /// `Box<dyn Mailer>`. Effects then declare `#[resource] mailer: &dyn Mailer`.
    ///
    /// ```rust,standalone_crate
    /// use airlock::Airlock;
    /// use std::sync::Arc;
    ///
    /// trait Mailer: Send + Sync {
    ///     fn send(&self, to: &str);
    /// }
    /// struct Smtp;
    /// impl Mailer for Smtp {
    ///     fn send(&self, to: &str) {}
    /// }
    ///
    /// #[airlock::effect]
    /// fn send_confirmation(#[resource] mailer: &dyn Mailer, to: String) {
    ///     mailer.send(&to);
    /// }
    ///
    /// let mailer: Arc<dyn Mailer> = Arc::new(Smtp);
    /// let airlock = Airlock::builder().resource(mailer).build()?;
    /// # Ok::<(), airlock::BuildError>(())
    /// ```
    ///
    /// [`build`](Self::build) fails if two resources serve the same effects.
    pub fn resource<T: Send + Sync + 'static>(mut self, resource: T) -> Self {
        if self.settings.resources.insert(Arc::new(resource)) {
            self.duplicates.push(std::any::type_name::<T>());
        }
        self
    }

    /// Sets the executor of scopes that set none. The default is [`Inline`].
    pub fn executor(mut self, executor: impl Executor) -> Self {
        self.settings.executor = Some(Named::new(executor));
        self
    }

    /// Adds a policy around all scopes, which judges last. Scopes can add policies, but cannot
    /// remove this one.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.settings.policies.push(Layer::new(policy));
        self
    }

    /// Sets the lifecycle of scopes that set none.
    pub fn lifecycle(mut self, lifecycle: impl Lifecycle) -> Self {
        self.settings.lifecycle = Some(Arc::new(lifecycle));
        self
    }

    /// Sets what happens to the rest of a flush when an intent fails. By default, the flush stops.
    pub fn failure_mode(mut self, mode: FailureMode) -> Self {
        self.settings.failure_mode = mode;
        self
    }

    /// Sets the number of effects that a chain of causes may contain. An effect beyond the limit
    /// fails. The default is 32.
    pub fn depth_limit(mut self, limit: u32) -> Self {
        self.settings.depth_limit = limit;
        self
    }

    /// Sets the timer with which retries and timeouts wait. The default is
    /// [`ThreadTimer`](crate::executor::ThreadTimer).
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.settings.timer = Arc::new(timer);
        self
    }

    /// Sets a hook that is called with each flush report.
    pub fn on_report(mut self, show: impl Fn(&FlushReport) + Send + Sync + 'static) -> Self {
        self.settings.on_report = Some(Arc::new(show));
        self
    }

    /// Sets a hook that takes the flush errors which no caller can receive.
    ///
    /// These are errors of a scope whose body failed, panicked or was cancelled, of a boundary that
    /// only logs, and of spawned deliveries. The error contains the intents, which the hook can
    /// park. Each failure is logged in any case.
    pub fn on_unhandled_error(mut self, take: impl Fn(FlushError) + Send + Sync + 'static) -> Self {
        self.settings.on_unhandled_error = Some(Arc::new(take));
        self
    }

    /// Builds without checking that every effect of the program has its resources. For tests that
    /// perform only some effects. An effect without its resource fails when it is performed.
    pub fn skip_resource_check(mut self) -> Self {
        self.skip_resource_check = true;
        self
    }

    /// Sets an observer of everything in the airlock.
    pub(crate) fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.settings.observer = Some(observer);
        self
    }

    /// Builds the airlock.
    ///
    /// # Errors
    ///
    /// - [`BuildError::MissingResources`] if effects in the catalogue need resources that were not
    ///   supplied. The error names all of these resources and effects.
    /// - [`BuildError::DuplicateResource`] if two resources of one type were supplied, or a `T` and
    ///   an `Arc<T>` for the same effect.
    /// - [`BuildError::Catalogue`] if the catalogue is invalid.
    pub fn build(self) -> Result<Airlock, BuildError> {
        let catalogue = Catalogue::global()?;
        let resources = &self.settings.resources;
        if let Some(duplicate) = duplicate(catalogue, resources, &self.duplicates) {
            return Err(duplicate);
        }
        if !self.skip_resource_check {
            let missing = missing(catalogue, resources);
            if !missing.is_empty() {
                return Err(BuildError::MissingResources(missing));
            }
        }
        Ok(Airlock {
            place: Place::airlock(self.settings),
        })
    }
}

/// Returns each pair of an effect and a resource that it needs.
fn needs(
    catalogue: &Catalogue,
) -> impl Iterator<Item = (&'static EffectDescriptor, &'static ResourceNeed)> {
    let effects = catalogue.effects().iter().copied();
    effects.flat_map(|effect| effect.resources().iter().map(move |need| (effect, need)))
}

fn missing(catalogue: &Catalogue, resources: &Resources) -> Vec<MissingResource> {
    let registered = catalogue::registered_resources();
    let mut missing: Vec<MissingResource> = Vec::new();
    for (effect, need) in needs(catalogue) {
        if !resources.serving(need).is_empty() || registered.contains(&need.type_id()) {
            continue;
        }
        let path = need.type_path();
        match missing
            .iter_mut()
            .find(|resource| resource.type_name == path)
        {
            Some(resource) => resource.effects.push(effect),
            None => {
                let mut resource = MissingResource::new(path);
                resource.effects.push(effect);
                missing.push(resource);
            }
        }
    }
    missing
}

fn duplicate(
    catalogue: &Catalogue,
    resources: &Resources,
    twice: &[&'static str],
) -> Option<BuildError> {
    if let Some(type_name) = twice.first() {
        return Some(BuildError::DuplicateResource {
            type_name,
            supplied: vec![type_name, type_name],
        });
    }
    needs(catalogue).find_map(|(_, need)| match resources.serving(need) {
        supplied if supplied.len() > 1 => Some(BuildError::DuplicateResource {
            type_name: need.type_path(),
            supplied,
        }),
        _ => None,
    })
}

impl fmt::Debug for AirlockBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AirlockBuilder")
            .field("resources", &self.settings.resources)
            .finish_non_exhaustive()
    }
}

/// Why an airlock could not be built.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Effects need resources that were not supplied.
    #[error("resources are missing:{}", lines(.0))]
    MissingResources(Vec<MissingResource>),
    /// Two resources serve the same effects, which could only use one of them.
    #[error(
        "two resources were supplied for `&{type_name}`: {}; supply one, or wrap each in a type of its own",
        quoted(.supplied)
    )]
    DuplicateResource {
        /// The path of the type that effects declare.
        type_name: &'static str,
        /// The types that were supplied.
        supplied: Vec<&'static str>,
    },
    /// The catalogue is invalid.
    #[error("the catalogue of effects is invalid")]
    Catalogue(#[from] CatalogueError),
}

/// Returns a display with one line for each resource, followed by how to supply them.
fn lines(missing: &[MissingResource]) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        for resource in missing {
            f.write_str("\n  ")?;
            resource.write_need(f)?;
            f.write_str("; ")?;
            resource.write_call(f)?;
        }
        f.write_str("\nin a test that performs none of these effects, call `.skip_resource_check()` instead")
    })
}

fn quoted(names: &[&'static str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" and ")
}

/// The error of an airlock that was installed after another one.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an airlock is already installed: install one per process, and enter others with `Airlock::run` or `Airlock::bind`"
)]
pub struct InstallError;

/// The text of `Display`: `unwrap`, and a `main` that returns the error, print this form.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_full(self))
    }
}

/// The text of `Display`, for the reason given at [`BuildError`].
impl fmt::Debug for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
