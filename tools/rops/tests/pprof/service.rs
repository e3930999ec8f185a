//! Profiles of services that run, and what services answer else.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use test_tools::Ran;

use crate::both::{of_go, rops};

/// A service that gives one answer, and tells what it was asked.
fn service(answer: impl FnOnce(TcpStream) + Send + 'static) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    let (sender, asked) = channel();
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody asks");
        let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
        let line = lines.next().unwrap_or_default();
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        let _ = sender.send(line);
        answer(stream);
    });
    (address, asked)
}

fn respond(status: &'static str, body: Vec<u8>) -> impl FnOnce(TcpStream) + Send + 'static {
    move |mut stream| {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    }
}

fn ask(address: &str, options: &[&str]) -> Ran {
    let mut command = rops();
    // A proxy that the machine may have is not asked.
    command
        .env("http_proxy", "http://127.0.0.1:9")
        .env("ALL_PROXY", "http://127.0.0.1:9");
    command.args(["pprof", "top", address]).args(options);
    Ran::of(command)
}

#[test]
fn a_service_is_asked_for_as_long_as_it_is_said() {
    let cpu = fs::read(of_go("cpu")).expect("it is there");
    let (address, asked) = service(respond("200 OK", cpu));
    let ran = ask(
        &format!("http://{address}/debug/pprof/profile"),
        &["--seconds", "5"],
    )
    .expect(0);
    ran.printed("Total samples = 2.89s");
    let asked = asked.recv().expect("it was asked");
    assert_eq!(asked, "GET /debug/pprof/profile?seconds=5 HTTP/1.1");
}

#[test]
fn the_scheme_may_be_left_out() {
    let heap = fs::read(of_go("heap")).expect("it is there");
    let (address, _asked) = service(respond("200 OK", heap));
    ask(&format!("{address}/debug/pprof/heap"), &[])
        .expect(0)
        .printed("Type: inuse_space");
}

#[test]
fn other_answers_are_told() {
    let busy = "another profile is being taken; try again in 10 s\n";
    for (status, body, told) in [
        (
            "404 Not Found",
            "404 page not found\n",
            "the service answers 404 Not Found: 404 page not found",
        ),
        (
            "409 Conflict",
            busy,
            "the service answers 409 Conflict: another profile is being taken; try again in 10 s",
        ),
        (
            "500 Internal Server Error",
            "<html>oh</html>",
            "the service answers 500 Internal Server Error",
        ),
        ("200 OK", "", "the service answers with nothing"),
        (
            "200 OK",
            "<!DOCTYPE html><title>Pprof</title>",
            "this is a web page, not a profile",
        ),
        (
            "200 OK",
            "goroutine profile: total 10\n",
            "this is a profile as text; take it without `debug`",
        ),
        (
            "200 OK",
            "no profile",
            "this is no profile of the format profile.proto",
        ),
    ] {
        let (address, _asked) = service(respond(status, body.into()));
        let ran = ask(&format!("http://{address}/debug/pprof/heap"), &[]).expect(1);
        ran.told(told);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn an_answer_that_breaks_off_is_told() {
    let (address, _asked) = service(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n\x1f\x8b");
    });
    let ran = ask(&format!("http://{address}/"), &[]).expect(1);
    ran.told("the answer was cut off");
}

#[test]
fn nobody_who_answers_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    drop(listener);
    ask(&format!("http://{address}/"), &[])
        .expect(1)
        .told("no answer: ");

    // It takes the question, and stays silent until the reader has given up.
    let (address, _asked) = service(|stream| {
        let _ = BufReader::new(stream).lines().count();
    });
    let ran = ask(&format!("http://{address}/"), &["--timeout", "0"]).expect(1);
    ran.told("no answer within 5 s; --timeout waits longer");
    ran.told("waiting for http://");
}

#[test]
fn a_slow_answer_is_waited_for() {
    let heap = fs::read(of_go("heap")).expect("it is there");
    let (address, _asked) = service(|stream| {
        thread::sleep(Duration::from_millis(2500));
        respond("200 OK", heap)(stream);
    });
    let ran = ask(&format!("http://{address}/"), &[]).expect(0);
    ran.told("waiting for http://");
}

#[test]
fn other_protocols_are_told() {
    ask("https://127.0.0.1/profile", &[])
        .expect(1)
        .told("rops speaks plain HTTP; `curl -o profile.pb.gz` it");
    ask("ftp://127.0.0.1/profile", &[])
        .expect(1)
        .told("this is no address of a web server");
}
