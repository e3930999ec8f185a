//! A stand-in for the coworking app: the calls that a load makes, and ways to go wrong on purpose.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// What the service does besides answering.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// Every so many bookings, one gets a 500.
    pub fail_every: Option<usize>,
    /// A login gets a 401.
    pub refuse_logins: bool,
    /// A deletion gets a 500.
    pub keep_bookings: bool,
    /// Of all tokens only that of the latest login is valid.
    pub one_token: bool,
    /// Each connection is closed after one answer.
    pub close_connections: bool,
    /// From this `GET /rooms/{id}` on, none is answered for this long.
    pub stall: Option<(usize, Duration)>,
    /// Somebody else is busy at it: so many allocations more at every fourth reading.
    pub busy: usize,
    /// Processor time of the requests that begin with `METHOD path`, each on a thread that ends with it.
    #[cfg(target_os = "linux")]
    pub burn: Vec<(&'static str, Duration)>,
}

#[derive(Debug, Default)]
struct Data {
    behaviour: Behaviour,
    log: Vec<String>,
    logins: usize,
    signed_up: bool,
    /// Id to room and day.
    bookings: BTreeMap<String, (String, String)>,
    /// Room and day of those that are gone, too.
    ever_booked: Vec<(String, String)>,
    bookings_asked: usize,
    rooms_asked: usize,
    stalled_until: Option<Instant>,
}

/// A running service; it ends when it is dropped.
#[derive(Debug)]
pub struct Stub {
    pub url: String,
    data: Arc<Mutex<Data>>,
    runtime: Option<Runtime>,
}

impl Stub {
    /// One that only answers.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Behaviour)) -> Self {
        let mut initial = Data::default();
        change(&mut initial.behaviour);
        let data = Arc::new(Mutex::new(initial));
        let app = Router::new()
            .route("/auth/login", post(log_in))
            .route("/auth/signup", post(sign_up))
            .route("/rooms", get(list_rooms))
            .route("/rooms/{id}", get(get_room))
            .route("/bookings", get(my_bookings).post(book))
            .route("/bookings/{id}", get(get_booking).delete(delete_booking))
            .route("/imgs/{file}", get(async || "<svg/>"))
            .route("/debug/memstats", get(memstats))
            .layer(middleware::from_fn_with_state(Arc::clone(&data), observe))
            .with_state(Arc::clone(&data));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async { axum::serve(listener, app).await });
        Self {
            url,
            data,
            runtime: Some(runtime),
        }
    }

    /// `METHOD path` of every request so far.
    pub fn log(&self) -> Vec<String> {
        self.data.lock().unwrap().log.clone()
    }

    /// How many requests so far began with `METHOD path`.
    pub fn count(&self, prefix: &str) -> usize {
        let log = self.log();
        log.iter().filter(|line| line.starts_with(prefix)).count()
    }

    pub fn wait_for_requests(&self, requests: usize) {
        let start = Instant::now();
        while self.log().len() < requests {
            let log = self.log();
            assert!(start.elapsed() < Duration::from_secs(60), "only {log:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// How many bookings there are.
    pub fn bookings(&self) -> usize {
        self.data.lock().unwrap().bookings.len()
    }

    /// Room and day of all bookings that were ever made.
    pub fn ever_booked(&self) -> Vec<(String, String)> {
        self.data.lock().unwrap().ever_booked.clone()
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

/// Serves each connection with `serve`, and closes it; tells the URL. The thread lasts as long as the tests.
pub fn serve_connections(serve: impl Fn(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut stream.unwrap());
        }
    });
    format!("http://{address}")
}

/// The URL of a port on which nobody listens now.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

type AppState = State<Arc<Mutex<Data>>>;

async fn observe(State(data): AppState, request: Request, next: Next) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    let (behaviour, latest) = {
        let mut data = data.lock().unwrap();
        data.log.push(line.clone());
        (data.behaviour.clone(), data.logins.to_string())
    };
    #[cfg(target_os = "linux")]
    for (_, time) in (behaviour.burn.iter()).filter(|(prefix, _)| line.starts_with(prefix)) {
        crate::processor::burn(*time);
    }
    let token = request.headers().get(header::AUTHORIZATION);
    let token = token.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let valid = token.is_some_and(|token| token == latest || !behaviour.one_token);
    if request.uri().path().starts_with("/bookings") && !valid {
        return error(StatusCode::UNAUTHORIZED, "invalid_token");
    }
    let mut response = next.run(request).await;
    if behaviour.close_connections {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

async fn sign_up(State(data): AppState, Json(body): Json<Value>) -> Response {
    assert_eq!(body["username"], "cargo-load");
    if std::mem::replace(&mut data.lock().unwrap().signed_up, true) {
        return error(StatusCode::CONFLICT, "email_in_use");
    }
    (StatusCode::CREATED, Json(json!({ "id": "own" }))).into_response()
}

async fn log_in(State(data): AppState, Json(body): Json<Value>) -> Response {
    let user = |name| json!({ "username": name, "password": "abcd1234!!" });
    let mut data = data.lock().unwrap();
    let known = body == user("ipesenti") || (body == user("cargo-load") && data.signed_up);
    if data.behaviour.refuse_logins || !known {
        return error(StatusCode::UNAUTHORIZED, "invalid_credentials");
    }
    data.logins += 1;
    Json(json!({ "token": data.logins.to_string() })).into_response()
}

/// As if each call of the API allocated seven times and 1,000 bytes, every tenth one twice as often, and each reading
/// three times and 40 bytes.
async fn memstats(State(data): AppState) -> Response {
    let data = data.lock().unwrap();
    let (readings, calls): (Vec<_>, Vec<_>) =
        (data.log.iter()).partition(|line| line.starts_with("GET /debug"));
    let (readings, calls) = (readings.len(), calls.len());
    let foreign = data.behaviour.busy * (readings / 4);
    let mallocs = 7 * (calls + calls / 10) + 3 * readings + foreign;
    let total_alloc = 1000 * calls + 40 * readings;
    Json(json!({ "mallocs": mallocs, "total_alloc": total_alloc, "alloc": 12 })).into_response()
}

async fn list_rooms() -> Response {
    Json(json!([{ "id": "green" }, { "id": "red" }, { "id": "yellow" }])).into_response()
}

async fn get_room(State(data): AppState, Path(id): Path<String>) -> Response {
    let stalled_until = {
        let mut data = data.lock().unwrap();
        data.rooms_asked += 1;
        if let Some((at, pause)) = data.behaviour.stall
            && data.rooms_asked == at
        {
            data.stalled_until = Some(Instant::now() + pause);
        }
        data.stalled_until
    };
    if let Some(until) = stalled_until {
        tokio::time::sleep_until(until.into()).await;
    }
    Json(json!({ "id": id })).into_response()
}

async fn my_bookings(State(data): AppState) -> Response {
    let data = data.lock().unwrap();
    let bookings: Vec<Value> = (data.bookings.iter())
        .map(|(id, (room, day))| json!({ "id": id, "room_id": room, "booked_on": day }))
        .collect();
    Json(bookings).into_response()
}

async fn book(State(data): AppState, Json(body): Json<Value>) -> Response {
    let mut data = data.lock().unwrap();
    let (Some(room), Some(day)) = (body["room_id"].as_str(), body["booked_on"].as_str()) else {
        return error(StatusCode::BAD_REQUEST, "validation");
    };
    data.bookings_asked += 1;
    let asked = data.bookings_asked;
    if (data.behaviour.fail_every).is_some_and(|every| asked.is_multiple_of(every)) {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "internal");
    }
    let slot = (room.to_owned(), day.to_owned());
    if data.bookings.values().any(|taken| *taken == slot) {
        return error(StatusCode::CONFLICT, "room_taken");
    }
    let id = format!("booking-{asked}");
    data.ever_booked.push(slot.clone());
    data.bookings.insert(id.clone(), slot);
    (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
}

async fn get_booking(State(data): AppState, Path(id): Path<String>) -> Response {
    match data.lock().unwrap().bookings.contains_key(&id) {
        false => error(StatusCode::NOT_FOUND, "booking_not_found"),
        true => Json(json!({ "id": id })).into_response(),
    }
}

async fn delete_booking(State(data): AppState, Path(id): Path<String>) -> Response {
    let mut data = data.lock().unwrap();
    if data.behaviour.keep_bookings {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "internal");
    }
    match data.bookings.remove(&id) {
        None => error(StatusCode::NOT_FOUND, "booking_not_found"),
        Some(_) => StatusCode::NO_CONTENT.into_response(),
    }
}

fn error(status: StatusCode, code: &str) -> Response {
    let body = json!({ "code": code, "message": "said by the stub" });
    (status, Json(body)).into_response()
}
