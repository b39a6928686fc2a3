//! The measurements, one per file.

mod actix_allocations;
mod actix_layer;
mod actix_socket;
mod airlock_py;
mod allocations;
mod axum_allocations;
mod axum_layer;
mod axum_socket;
mod boundary_async;
mod bulk_batch;
mod enqueue_flush;
mod growth;
mod nesting;
mod policy_stack;
mod poll_overhead;
mod request;
mod scaling;
mod scaling_memory;
mod tokio_tasks;
mod tracing_events;

use crate::harness::Measured;
use crate::run::Places;

/// A measurement.
pub(crate) struct Case {
    /// The names of its results. Each of them selects it.
    pub(crate) names: &'static [&'static str],
    /// Measures, or returns why it could not.
    pub(crate) run: fn(&Places) -> Result<Vec<Measured>, String>,
}

const fn case(
    names: &'static [&'static str],
    run: fn(&Places) -> Result<Vec<Measured>, String>,
) -> Case {
    Case { names, run }
}

/// The cases that measure time, in the order of the report.
pub(crate) const TIMED: &[Case] = &[
    case(&["enqueue_flush_vs_boxed_closures"], enqueue_flush::run),
    case(&["request_vs_boxed_closures"], request::run),
    case(&["boundary_async_overhead_ns"], boundary_async::run),
    case(&["poll_overhead_ns"], poll_overhead::run),
    case(
        &["vs_airlock_py_enqueue_flush", "vs_airlock_py_request"],
        airlock_py::run,
    ),
    case(
        &[
            "policy_stack",
            "policy_stack_0",
            "policy_stack_1",
            "policy_stack_4",
            "policy_stack_16",
        ],
        policy_stack::run,
    ),
    case(
        &[
            "nesting",
            "nesting_1",
            "nesting_4",
            "nesting_16",
            "capture_per_level",
        ],
        nesting::run,
    ),
    case(&["bulk_batch"], bulk_batch::run),
    case(&["tokio_spawn", "tokio_mpsc"], tokio_tasks::run),
    case(&["axum_layer_ns", "axum_idle_layer_ns"], axum_layer::run),
    case(&["actix_layer_ns"], actix_layer::run),
    case(
        &["axum_socket_vs_bare", "axum_socket_cpu"],
        axum_socket::run,
    ),
    case(
        &[
            "axum_socket_after_response_vs_bare",
            "axum_socket_after_response_cpu",
        ],
        axum_socket::run_after_response,
    ),
    case(
        &["actix_socket_vs_bare", "actix_socket_cpu"],
        actix_socket::run,
    ),
    case(
        &[
            "actix_socket_after_response_vs_bare",
            "actix_socket_after_response_cpu",
        ],
        actix_socket::run_after_response,
    ),
    case(
        &["scaling", "scaling_intents", "scaling_tasks"],
        scaling::run,
    ),
    case(&["growth", "growth_nested_innermost"], |places| {
        growth::NESTED_INNERMOST.run(places)
    }),
    case(&["growth", "growth_nested_innermost_closures"], |places| {
        growth::NESTED_INNERMOST_CLOSURES.run(places)
    }),
    case(&["growth", "growth_nested_each_level"], |places| {
        growth::NESTED_EACH_LEVEL.run(places)
    }),
    case(&["growth", "growth_capture_intents"], |places| {
        growth::CAPTURE_INTENTS.run(places)
    }),
    case(&["growth", "growth_capture_levels"], |places| {
        growth::CAPTURE_LEVELS.run(places)
    }),
    case(&["growth", "growth_two_executors"], |places| {
        growth::TWO_EXECUTORS.run(places)
    }),
    case(&["growth", "growth_scopes_with_executors"], |places| {
        growth::SCOPES_WITH_EXECUTORS.run(places)
    }),
    case(&["growth", "growth_batch_from_scopes"], |places| {
        growth::BATCH_FROM_SCOPES.run(places)
    }),
    case(
        &["growth", "growth_scopes_under_airlock_policy"],
        |places| growth::SCOPES_UNDER_AIRLOCK_POLICY.run(places),
    ),
    case(&["growth", "growth_scopes_under_parent_policy"], |places| {
        growth::SCOPES_UNDER_PARENT_POLICY.run(places)
    }),
    case(&["growth", "growth_handles_under_policies"], |places| {
        growth::HANDLES_UNDER_POLICIES.run(places)
    }),
    case(&["growth", "growth_one_policy"], |places| {
        growth::ONE_POLICY.run(places)
    }),
    case(&["growth", "growth_reassigned_guards"], |places| {
        growth::REASSIGNED_GUARDS.run(places)
    }),
    case(&["growth", "growth_cascade_sync"], |places| {
        growth::CASCADE_SYNC.run(places)
    }),
    case(&["growth", "growth_cascade_async"], |places| {
        growth::CASCADE_ASYNC.run(places)
    }),
    case(&["growth", "growth_spawn_chain"], |places| {
        growth::SPAWN_CHAIN.run(places)
    }),
    case(&["growth", "growth_tasks"], |places| {
        growth::TASKS.run(places)
    }),
    case(&["growth", "growth_coalescing"], |places| {
        growth::COALESCING.run(places)
    }),
    case(
        &[
            "growth",
            "growth_cascade_sync_stack",
            "growth_cascade_async_stack",
        ],
        growth::stack_of_cascades,
    ),
    // Last: once a subscriber has been active, spans are created in the whole process.
    case(&["tracing_off", "tracing_on"], tracing_events::run),
];

/// The cases that count, in the order of the report.
pub(crate) const COUNTED: &[Case] = &[
    case(
        &[
            "bytes_per_intent",
            "bytes_per_captured_intent",
            "allocations_per_enqueue",
            "allocations_per_empty_boundary",
        ],
        allocations::run,
    ),
    case(
        &[
            "axum_allocations_per_request",
            "axum_allocations_without_effects",
        ],
        axum_allocations::run,
    ),
    case(&["actix_allocations_per_request"], actix_allocations::run),
    case(&["scaling", "scaling_memory"], scaling_memory::run),
];
