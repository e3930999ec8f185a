//! A stand-in for the coworking app: the calls that a load makes, and ways to go wrong on purpose.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// What the service does besides answering.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// How long a token is valid.
    pub token_lifetime: Duration,
    /// Every so many bookings, one gets a 500.
    pub fail_every: Option<usize>,
    /// `GET /rooms/{id}` is never answered.
    pub hang: bool,
    /// Each connection is closed after one answer.
    pub close_connections: bool,
    /// From this `GET /rooms/{id}` on, none is answered for this long.
    pub stall: Option<(usize, Duration)>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_secs(1800),
            fail_every: None,
            hang: false,
            close_connections: false,
            stall: None,
        }
    }
}

#[derive(Debug)]
struct Shared {
    behaviour: Behaviour,
    state: Mutex<Data>,
}

#[derive(Debug, Default)]
struct Data {
    log: Vec<String>,
    /// Name to password.
    users: BTreeMap<String, String>,
    /// Token to the second in which it expires.
    tokens: BTreeMap<String, u64>,
    /// Id to room and day.
    bookings: BTreeMap<String, (String, String)>,
    bookings_asked: usize,
    rooms_asked: usize,
    stalled_until: Option<Instant>,
}

/// A running service; it ends when it is dropped.
#[derive(Debug)]
pub struct Stub {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Stub {
    pub fn start(behaviour: Behaviour) -> Self {
        let users = BTreeMap::from([("ipesenti".into(), "abcd1234!!".into())]);
        let shared = Arc::new(Shared {
            behaviour,
            state: Mutex::new(Data {
                users,
                ..Data::default()
            }),
        });
        let app = Router::new()
            .route("/auth/signup", post(sign_up))
            .route("/auth/login", post(log_in))
            .route("/rooms", get(list_rooms))
            .route("/rooms/{id}", get(get_room))
            .route("/bookings", get(my_bookings).post(book))
            .route("/bookings/{id}", get(get_booking).delete(delete_booking))
            .route("/imgs/{file}", get(async || "<svg/>"))
            .route("/debug/memstats", get(memstats))
            .layer(middleware::from_fn_with_state(Arc::clone(&shared), observe))
            .with_state(Arc::clone(&shared));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async { axum::serve(listener, app).await });
        Self {
            address,
            shared,
            runtime: Some(runtime),
        }
    }

    /// `METHOD path` of every request so far.
    pub fn log(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().log.clone()
    }

    /// How many requests so far began with `METHOD path`.
    pub fn count(&self, prefix: &str) -> usize {
        let log = self.log();
        log.iter().filter(|line| line.starts_with(prefix)).count()
    }

    /// Room and day of all bookings that there are.
    pub fn bookings(&self) -> Vec<(String, String)> {
        let state = self.shared.state.lock().unwrap();
        state.bookings.values().cloned().collect()
    }

    /// Makes a booking behind the load's back.
    pub fn add_booking(&self, room: &str, day: &str) {
        let mut state = self.shared.state.lock().unwrap();
        let id = format!("by-hand-{}", state.bookings.len());
        state.bookings.insert(id, (room.into(), day.into()));
    }

    /// Ends the service at once, open connections included.
    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.kill();
    }
}

type AppState = State<Arc<Shared>>;

async fn observe(State(shared): AppState, request: Request, next: Next) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    shared.state.lock().unwrap().log.push(line);
    let mut response = next.run(request).await;
    if shared.behaviour.close_connections {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

async fn sign_up(State(shared): AppState, Json(body): Json<Value>) -> Response {
    let field = |name: &str| body[name].as_str().map(String::from);
    let (Some(name), Some(password), Some(_)) =
        (field("username"), field("password"), field("email"))
    else {
        return error(StatusCode::BAD_REQUEST, "validation");
    };
    let mut state = shared.state.lock().unwrap();
    if state.users.contains_key(&name) {
        return error(StatusCode::CONFLICT, "username_in_use");
    }
    state.users.insert(name.clone(), password);
    (StatusCode::CREATED, Json(json!({ "id": name }))).into_response()
}

async fn log_in(State(shared): AppState, Json(body): Json<Value>) -> Response {
    let mut state = shared.state.lock().unwrap();
    let known = body["username"]
        .as_str()
        .and_then(|name| state.users.get(name));
    if known.is_none_or(|password| body["password"] != **password) {
        return error(StatusCode::UNAUTHORIZED, "invalid_credentials");
    }
    let expires = now() + shared.behaviour.token_lifetime.as_secs();
    let number = state.tokens.len();
    let claims = BASE64_URL_SAFE_NO_PAD.encode(json!({ "exp": expires, "n": number }).to_string());
    let token = format!("e30.{claims}.c2ln");
    state.tokens.insert(token.clone(), expires);
    Json(json!({ "token": token })).into_response()
}

/// As if each call of the API allocated seven times and 1,000 bytes, every tenth one twice as often, and each reading
/// three times and 40 bytes.
async fn memstats(State(shared): AppState) -> Response {
    let state = shared.state.lock().unwrap();
    let (readings, calls): (Vec<_>, Vec<_>) =
        (state.log.iter()).partition(|line| line.starts_with("GET /debug"));
    let (readings, calls) = (readings.len(), calls.len());
    let mallocs = 7 * (calls + calls / 10) + 3 * readings;
    let total_alloc = 1000 * calls + 40 * readings;
    Json(json!({ "mallocs": mallocs, "total_alloc": total_alloc, "alloc": 12 })).into_response()
}

async fn list_rooms() -> Response {
    Json(json!([{ "id": "green" }, { "id": "red" }, { "id": "yellow" }])).into_response()
}

async fn get_room(State(shared): AppState, Path(id): Path<String>) -> Response {
    let stalled_until = {
        let mut state = shared.state.lock().unwrap();
        state.rooms_asked += 1;
        if let Some((at, pause)) = shared.behaviour.stall
            && state.rooms_asked == at
        {
            state.stalled_until = Some(Instant::now() + pause);
        }
        state.stalled_until
    };
    if shared.behaviour.hang {
        std::future::pending::<()>().await;
    }
    if let Some(until) = stalled_until {
        tokio::time::sleep_until(until.into()).await;
    }
    Json(json!({ "id": id })).into_response()
}

async fn my_bookings(State(shared): AppState, headers: HeaderMap) -> Response {
    let state = shared.state.lock().unwrap();
    if !authorized(&state, &headers) {
        return error(StatusCode::UNAUTHORIZED, "invalid_token");
    }
    let bookings = state.bookings.iter();
    let bookings: Vec<Value> = bookings
        .map(|(id, (room, day))| json!({ "id": id, "room_id": room, "booked_on": day }))
        .collect();
    Json(bookings).into_response()
}

async fn book(State(shared): AppState, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut state = shared.state.lock().unwrap();
    if !authorized(&state, &headers) {
        return error(StatusCode::UNAUTHORIZED, "invalid_token");
    }
    let (Some(room), Some(day)) = (body["room_id"].as_str(), body["booked_on"].as_str()) else {
        return error(StatusCode::BAD_REQUEST, "validation");
    };
    state.bookings_asked += 1;
    let asked = state.bookings_asked;
    if (shared.behaviour.fail_every).is_some_and(|every| asked.is_multiple_of(every)) {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "internal");
    }
    let slot = (room.to_owned(), day.to_owned());
    if state.bookings.values().any(|taken| *taken == slot) {
        return error(StatusCode::CONFLICT, "room_taken");
    }
    let id = format!("booking-{asked}");
    state.bookings.insert(id.clone(), slot);
    (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
}

async fn get_booking(
    State(shared): AppState,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let state = shared.state.lock().unwrap();
    match state.bookings.get(&id) {
        _ if !authorized(&state, &headers) => error(StatusCode::UNAUTHORIZED, "invalid_token"),
        None => error(StatusCode::NOT_FOUND, "booking_not_found"),
        Some((room, day)) => {
            Json(json!({ "id": id, "room_id": room, "booked_on": day })).into_response()
        }
    }
}

async fn delete_booking(
    State(shared): AppState,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let mut state = shared.state.lock().unwrap();
    if !authorized(&state, &headers) {
        return error(StatusCode::UNAUTHORIZED, "invalid_token");
    }
    match state.bookings.remove(&id) {
        None => error(StatusCode::NOT_FOUND, "booking_not_found"),
        Some(_) => StatusCode::NO_CONTENT.into_response(),
    }
}

fn authorized(state: &Data, headers: &HeaderMap) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .and_then(|token| state.tokens.get(token))
        .is_some_and(|expires| now() < *expires)
}

fn error(status: StatusCode, code: &str) -> Response {
    let body = json!({ "code": code, "message": "said by the stub" });
    (status, Json(body)).into_response()
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}
