//! A budget for authorization: what it allocates for a user whom the app knows, and for a header that is no token.

use anyhow::{Result, bail};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, Request, header, request::Parts},
};
use diagnostics::{AllocCounts, memstats::measured_async};

use step_06_tracing as app;

use app::{AppState, authorization::CurrentUser, config::Config, db::Db, seed::seed, telemetry};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// Allocations for one request.
const BUDGET: u64 = 5;

/// The user that every new database has.
const SEEDED: &str = "5c7d1e90-2f4a-4c8b-b6e3-7a8f9d0c1b04";

#[tokio::test]
async fn authorization_stays_within_its_budget() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let config = Config::from_flags(["coworking", "--database-url", &url])?;
    // Its spans cost what they cost in the service.
    let _log = telemetry::init(&config)?;
    let db = Db::connect(&config).await?;
    seed(&db).await?;
    let state = AppState::new(config, db);
    let token = state.authorization.issue_token(SEEDED)?;

    // ANCHOR: budget
    // The first request makes what all later ones use, and asks the database.
    authorize(&state, &token).await?;
    let (is_let_in, known) = authorize(&state, &token).await?;
    assert!(is_let_in);
    assert!(known.mallocs <= BUDGET, "{known:?}");
    // ANCHOR_END: budget

    let (is_let_in, short) = authorize(&state, "no.such.token").await?;
    assert!(!is_let_in);
    for long in [".".repeat(8 * 1024), "a".repeat(8 * 1024)] {
        let (is_let_in, long) = authorize(&state, &long).await?;
        assert!(!is_let_in);
        assert!(long.mallocs <= short.mallocs, "{long:?}, short: {short:?}");
        assert!(
            long.allocated_bytes <= short.allocated_bytes,
            "{long:?}, short: {short:?}"
        );
    }
    Ok(())
}

/// Whether a request with this token is let in, and what finding that out allocates.
async fn authorize(state: &AppState, token: &str) -> Result<(bool, AllocCounts)> {
    let mut parts = with_token(token)?;
    let user = CurrentUser::from_request_parts(&mut parts, state);
    match measured_async(user).await {
        Ok(measured) => Ok((measured.value.is_ok(), measured.own)),
        Err(_) => bail!("nothing was counted"),
    }
}

fn with_token(token: &str) -> Result<Parts> {
    let mut request = Request::new(());
    let bearer = HeaderValue::try_from(format!("Bearer {token}"))?;
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    Ok(request.into_parts().0)
}
