//! What the server prints.

use anyhow::{Result, bail, ensure};

use crate::{
    context::{Context, User, log_in},
    launch::SECRET,
    server::all_printed,
    suite::{bookings, rooms, tour},
};

/// Of everything that the short cases do, in the most talkative log there is.
pub async fn no_log_shows_a_secret(context: &Context) -> Result<()> {
    let tour = tour(context).await?;
    let printed = all_printed(tour.folder())?;
    ensure!(
        printed.contains("/rooms"),
        "the log does not show the requests, so nothing follows from it"
    );
    let secrets = tour.record().secrets();
    let known = secrets.len();
    ensure!(
        known > 20,
        "only {known} passwords and tokens went to and fro"
    );
    for secret in secrets.iter().map(String::as_str).chain([SECRET]) {
        if let Some(line) = printed.lines().find(|line| line.contains(secret)) {
            // A report of a leak should not be one.
            let line = line.replace(secret, "[…]");
            bail!("a password, token or key is in the log: {line}");
        }
    }
    Ok(())
}

/// Started as people start it, with everything on the command line.
pub async fn no_debug_page_shows_a_secret(context: &Context) -> Result<()> {
    let database = context.database().await?;
    let launch = context.launch(&database);
    let launch = launch.without_variable("COWORKING_SECRET");
    let launch = launch.without_variable("DATABASE_URL");
    let launch = launch.flag("--secret", SECRET);
    let launch = launch.argument(&format!("--database-url={}", database.url()));
    let service = launch.start().await?;
    let diagnostics = service.diagnostics();
    let index = diagnostics.get("/debug/pprof/").expect(200).await?;
    let index = String::from_utf8_lossy(&index.body).into_owned();
    let links = index.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    let pages: Vec<_> = links.filter(|link| link.starts_with('/')).collect();
    let command_line = "/debug/pprof/cmdline";
    ensure!(
        pages.contains(&command_line),
        "the index does not link the command line: {pages:?}"
    );
    let user = database.url().split_once('@').map(|(user, _)| user);
    let password = user.and_then(|user| Some(user.rsplit_once(':')?.1));
    for page in pages {
        let answer = diagnostics.get(page).expect(200).await?;
        let text = String::from_utf8_lossy(&answer.body);
        for secret in [SECRET].into_iter().chain(password) {
            ensure!(
                !text.contains(secret),
                "{page} shows a secret: {}",
                text.replace(secret, "[…]")
            );
        }
        let has_flags = text.contains("--secret") && text.contains("--database-url");
        ensure!(
            has_flags || page != command_line,
            "the command line is not there: {text}"
        );
    }
    Ok(())
}

/// The spans of a request stand before each line that is logged within it, and say nothing about the caller.
pub async fn requests_are_traced(context: &Context) -> Result<()> {
    let launch = context.launch(&context.database().await?);
    let service = launch.variable("COWORKING_LOG", "debug").start().await?;
    let user = User::sign_up(&service.client).await?;
    let client = &user.client;
    let room = rooms::any_id(client).await?;
    // A server that remembers its users looks them up in their first call alone.
    client.get("/bookings").expect(200).await?;
    let id = bookings::book(client, &room, &context.day()).await?;
    let path = format!("/bookings/{id}");
    client.get(&path).expect(200).await?;
    client.delete(&path).expect(204).await?;
    client.get(&path).expect(404).await?;
    let kind = context.target().kind.name();
    let wanted = [
        ("POST", "/auth/signup", " status=201}: "),
        ("GET", "/bookings/{id}", " status=404}: "),
        ("POST", "/auth/signup", "}:insert_user{DB}:commit"),
        ("POST", "/auth/login", "}:user_by_name{DB}: "),
        ("GET", "/bookings", "}:authorization:user_by_id{DB}: "),
        ("GET", "/bookings", "}:bookings_of_user{DB}: "),
        ("GET", "/bookings/{id}", "}:booking_of_user{DB}: "),
        ("GET", "/rooms", "}:all_rooms{DB}: "),
    ];
    let wanted = wanted.map(|(method, route, rest)| {
        let rest = rest.replace("{DB}", &format!("{{db=\"{kind}\"}}"));
        format!("request{{method={method} route=\"{route}\"{rest}")
    });
    // What a request wants written is committed within it, or in a batch with what others want.
    let written = ["insert_booking", "delete_booking"].map(|name| {
        let alone = format!("}}:{name}{{db=\"{kind}\"}}:commit: ");
        [alone, format!("batch{{size=1}}:commit:{name}s: ")]
    });
    let missing = |log: &str| {
        let wanted = wanted.iter().map(std::slice::from_ref);
        let mut all = wanted.chain(written.iter().map(<[String; 2]>::as_slice));
        all.find(|lines| !lines.iter().any(|line| log.contains(line)))
            .map(|lines| lines.join(" or "))
    };
    let log = service
        .server
        .log_when(|log| missing(log).is_none())
        .await?;
    if let Some(line) = missing(&log) {
        bail!("no line of the log has {line}:\n{log}");
    }
    for personal in [&user.username, &user.email, &user.id, &user.password] {
        if let Some(line) = log.lines().find(|line| line.contains(personal)) {
            bail!("the log says who called: {line}");
        }
    }

    // Nothing is logged while a password is hashed; the diagnostics count its span beside the request's and the query's, and
    // that of the wait for a thread, where hashing has threads of its own.
    let before = service.spans_opened().await?;
    log_in(client, &user.username, &user.password).await?;
    let opened = service.spans_opened().await? - before;
    ensure!(
        (3..=4).contains(&opened),
        "a login opens {opened} spans: request, statement, hashing, perhaps its queue"
    );
    Ok(())
}
