//! The cases by topic, and the list of them.
//!
//! A case is an async function that takes the [`Context`] and fails with an error that says what was expected and
//! what came. It stands in one of the three lists below, by which it is run.

use std::{fmt, pin::Pin};

use anyhow::Result;

use crate::context::Context;

mod bodies;
mod bookings;
mod concurrency;
mod configuration;
mod cors;
mod description;
mod durability;
mod failures;
mod generated;
mod hang_ups;
mod identity;
mod images;
mod load;
mod logs;
mod reminders;
mod rooms;
mod routes;
mod seed;
mod shutdown;
mod startup;
mod tokens;
mod users;

type Outcome = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    /// Topic and name, `rooms::one_room`.
    pub name: &'static str,
    run: fn(Context) -> Outcome,
}

impl Case {
    /// Runs the case for one target.
    pub async fn run(self, context: &Context) -> Result<()> {
        (self.run)(context.clone()).await
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! cases {
    ($($topic:ident::$case:ident),* $(,)?) => {
        &[$(Case {
            name: concat!(stringify!($topic), "::", stringify!($case)),
            run: |context| Box::pin(async move { $topic::$case(&context).await }),
        }),*]
    };
}

/// Cases that take long: they wait, or keep the processor busy. They start first, so that the others run beside them.
pub const LONG: &[Case] = cases![
    shutdown::a_stalled_client_does_not_hold_the_server,
    identity::a_deleted_user_is_refused_within_seconds,
    reminders::a_booking_is_reminded_of_once,
    reminders::an_overdue_reminder_is_caught_up,
    reminders::a_clock_is_set_back,
    durability::kill_9_loses_no_acknowledged_booking,
    durability::a_lock_of_seconds_delays_bookings,
    hang_ups::a_thousand_amid_bookings,
    shutdown::sigterm_under_load_answers_what_it_has_done,
    users::an_unknown_user_costs_as_much_as_a_wrong_password,
    generated::bodies_never_break_the_server,
    generated::sign_ups_are_as_documented,
    generated::bookings_never_break_the_server,
    generated::ids_are_found_or_not_found,
    generated::days_are_days_or_refused,
];

/// Cases that together get every documented answer at least once, each within moments.
pub const SHORT: &[Case] = cases![
    rooms::all_rooms,
    rooms::one_room,
    rooms::an_unknown_room,
    rooms::photos,
    rooms::a_day_tells_which_rooms_are_free,
    rooms::a_wrong_day_is_refused,
    users::sign_up_and_log_in,
    users::the_seeded_user_logs_in,
    users::wrong_sign_ups_are_refused,
    users::the_limits_of_a_sign_up,
    users::a_taken_name_or_address_is_refused,
    users::addresses_are_compared_in_lower_case,
    users::wrong_credentials_are_refused_alike,
    users::a_login_without_credentials_is_refused,
    tokens::the_issued_token_is_the_one_of_the_contract,
    tokens::without_a_token,
    tokens::forged_tokens_are_refused,
    tokens::a_token_made_with_the_key_is_accepted,
    tokens::a_user_is_an_id,
    bookings::book_read_list_cancel,
    bookings::a_taken_day_is_refused,
    bookings::wrong_bookings_are_refused,
    bookings::an_unknown_room_cannot_be_booked,
    bookings::an_unknown_booking,
    bookings::other_users_bookings_are_out_of_reach,
    bodies::malformed_bodies_are_refused,
    bodies::other_content_types_are_refused,
    bodies::large_bodies_are_refused,
    images::every_photo_is_an_image,
    images::other_files_are_out_of_reach,
    routes::unknown_paths,
    routes::wrong_methods,
    routes::the_diagnostics_are_elsewhere,
    routes::broken_http_hurts_nobody,
    cors::preflights_of_configured_origins,
    cors::other_origins_are_not_allowed,
    cors::answers_allow_configured_origins,
    failures::failures_are_generic,
];

/// The other cases: they start servers of their own, or look at what the short ones have left.
pub const OTHERS: &[Case] = cases![
    concurrency::one_of_64_gets_the_room,
    concurrency::bookings_of_different_days_all_succeed,
    concurrency::one_of_many_gets_the_name,
    concurrency::one_of_many_cancels,
    concurrency::two_processes_share_the_days,
    concurrency::each_of_many_gets_its_own_answer,
    durability::a_full_disk_loses_nothing,
    shutdown::requests_in_flight_are_finished,
    shutdown::ctrl_c_ends_the_server_too,
    identity::forged_tokens_cost_no_query,
    identity::a_token_full_of_dots_is_not_split,
    seed::a_new_database_has_the_seed,
    seed::seeding_again_changes_nothing,
    description::the_description_is_right,
    description::overload_is_documented,
    description::every_documented_answer_is_exercised,
    logs::no_log_shows_a_secret,
    logs::no_debug_page_shows_a_secret,
    logs::requests_are_traced,
    configuration::help_describes_every_setting,
    configuration::an_address_that_cannot_be_printed_is_explained,
    configuration::wrong_flags_are_explained,
    configuration::wrong_variables_are_explained,
    configuration::wrong_files_are_explained,
    configuration::settings_of_the_diagnostics,
    configuration::spans_are_written_as_folded_stacks,
    configuration::a_slow_request_is_dumped,
    startup::the_committed_secret_stays_on_loopback,
    startup::a_taken_port_is_named,
    startup::a_taken_debug_port_stops_nothing,
    startup::an_unusable_database_is_named,
];

/// All cases, in the order in which they start.
pub fn all() -> impl Iterator<Item = Case> {
    [LONG, SHORT, OTHERS].into_iter().flatten().copied()
}

/// The context of a tour through all short cases.
async fn tour(context: &Context) -> Result<&Context> {
    let make = async || {
        // The most talkative log there is, so that a secret that can be logged is.
        let tour = Context::new(context.target().clone(), Some("trace"))?;
        tour.shared().await?;
        for case in SHORT {
            // A case that fails says so in its own line; what counts here is what was answered and logged.
            let _ = case.run(&tour).await;
        }
        Ok(tour)
    };
    context.toured().get_or_try_init(make).await
}
