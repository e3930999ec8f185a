//! What the server prints.

use anyhow::{Result, bail, ensure};

use serde_json::Value;

use crate::{
    client::Client,
    context::{Context, User, log_in},
    launch::SECRET,
    server::all_printed,
    suite::{bookings, rooms},
};

/// Of everything that the short cases do, in the most talkative log there is.
pub async fn no_log_shows_a_secret(context: &Context) -> Result<()> {
    let tour = context.tour().await?;
    let printed = all_printed(tour.folder())?;
    ensure!(
        printed.contains("/rooms"),
        "the log does not show the requests, so nothing follows from it"
    );

    let secrets = tour.record().secrets();
    ensure!(
        secrets.len() > 20,
        "only {} passwords and tokens went to and fro",
        secrets.len()
    );
    for secret in secrets.iter().map(String::as_str).chain([SECRET]) {
        if let Some(line) = printed.lines().find(|line| line.contains(secret)) {
            // A report of a leak should not be one.
            bail!(
                "a password, token or key is in the log: {}",
                line.replace(secret, "[…]")
            );
        }
    }
    Ok(())
}

/// Started as people start it, with everything on the command line.
pub async fn no_debug_page_shows_a_secret(context: &Context) -> Result<()> {
    let database = context.database().await?;
    let server = context
        .launch(&database)
        .without_variable("COWORKING_SECRET")
        .without_variable("DATABASE_URL")
        .argument("--secret")
        .argument(SECRET)
        .argument(&format!("--database-url={}", database.url()))
        .start()
        .await?;
    let client = Client::new(server.debug_address(), std::sync::Arc::default())?;
    let index = client.get("/debug/pprof/").await?.expect(200)?;
    let index = String::from_utf8_lossy(&index.body).into_owned();
    let links = index.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    let pages: Vec<_> = links.filter(|link| link.starts_with('/')).collect();
    ensure!(
        pages.contains(&"/debug/pprof/cmdline"),
        "the index does not link the command line: {pages:?}"
    );
    let password = database.url().split_once('@').map_or("", |(user, _)| {
        user.rsplit_once(':').map_or("", |(_, password)| password)
    });
    for page in pages {
        let answer = client.get(page).await?.expect(200)?;
        let text = String::from_utf8_lossy(&answer.body);
        for secret in [SECRET, password] {
            ensure!(
                secret.is_empty() || !text.contains(secret),
                "{page} shows a secret: {}",
                text.replace(secret, "[…]")
            );
        }
        if page == "/debug/pprof/cmdline" {
            ensure!(
                text.contains("--secret") && text.contains("--database-url"),
                "the command line is not there: {text}"
            );
        }
    }
    Ok(())
}

/// The spans of a request stand before each line that is logged within it, and say nothing about the caller.
pub async fn requests_are_traced(context: &Context) -> Result<()> {
    let database = context.database().await?;
    let launch = context.launch(&database).variable("COWORKING_LOG", "debug");
    let server = launch.start().await?;
    let client = context.client_of(&server)?;
    let user = User::sign_up(&client).await?;
    let room = rooms::any_id(&user.client).await?;
    let id = bookings::book(&user.client, &room, &context.day()).await?;
    let path = format!("/bookings/{id}");
    user.client.get(&path).await?.expect(200)?;
    user.client.get("/bookings").await?.expect(200)?;
    user.client.delete(&path).await?.expect(204)?;
    user.client.get(&path).await?.expect(404)?;
    let kind = context.target().kind.name();
    let request = |call: &str, route: &str| format!("request{{method={call} route=\"{route}\"");
    let statement = |name: &str| format!("{name}{{db=\"{kind}\"}}");
    let wanted = [
        format!("{} status=201}}: ", request("POST", "/auth/signup")),
        format!("{} status=404}}: ", request("GET", "/bookings/{id}")),
        format!(
            "{}}}:{}:commit",
            request("POST", "/auth/signup"),
            statement("insert_user")
        ),
        format!(
            "{}}}:{}: ",
            request("POST", "/auth/login"),
            statement("user_by_name")
        ),
        format!(
            "{}}}:authorization:{}: ",
            request("GET", "/bookings"),
            statement("user_by_id")
        ),
        format!(
            "{}}}:{}: ",
            request("GET", "/bookings"),
            statement("bookings_of_user")
        ),
        format!(
            "{}}}:{}: ",
            request("GET", "/bookings/{id}"),
            statement("booking_of_user")
        ),
        format!(
            "{}}}:{}:commit: ",
            request("POST", "/bookings"),
            statement("insert_booking")
        ),
        format!(
            "{}}}:{}:commit: ",
            request("DELETE", "/bookings/{id}"),
            statement("delete_booking")
        ),
        format!(
            "{}}}:{}: ",
            request("GET", "/rooms"),
            statement("all_rooms")
        ),
    ];
    let missing = |log: &str| wanted.iter().find(|line| !log.contains(*line)).cloned();
    let log = server.log_when(|log| missing(log).is_none()).await?;
    ensure!(
        missing(&log).is_none(),
        "no line of the log has {}:\n{log}",
        missing(&log).unwrap_or_default()
    );
    for personal in [&user.username, &user.email, &user.id, &user.password] {
        let line = log.lines().find(|line| line.contains(personal));
        ensure!(
            line.is_none(),
            "the log says who called: {}",
            line.unwrap_or_default()
        );
    }

    // Nothing is logged while a password is hashed; the diagnostics count its span beside the request's and the query's.
    let debug = Client::new(server.debug_address(), std::sync::Arc::default())?;
    let spans = async || -> Result<u64> {
        let stats: Value = debug.get("/debug/runtime").await?.expect(200)?.json()?;
        Ok(stats["spans_opened"].as_u64().unwrap_or(0))
    };
    let before = spans().await?;
    log_in(&client, &user.username, &user.password).await?;
    let opened = spans().await? - before;
    ensure!(
        opened == 3,
        "a login opens {opened} spans: request, statement, hashing"
    );
    Ok(())
}
