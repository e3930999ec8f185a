//! `cargo workshop`: builds the book, serves it, and builds it again when a source changes.

mod host;
mod live;
mod site;
mod watching;
mod web;

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;

use course::Course;
use live::Live;
use site::Site;

/// Where the book is served unless told otherwise, and how many ports are tried from there on.
const FIRST_PORT: u16 = 3000;
const PORTS_TRIED: u16 = 100;

/// Build the book, serve it, and open it in a browser
///
/// Pages reload by themselves when a source of the book, a checkpoint or a script changes. While such a change
/// cannot be built, the last good pages stay and show what is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop                        build, serve and open the book
  cargo workshop serve --no-open        the same without a browser
  cargo workshop serve --build-only     build into target/book and end")]
pub struct Args {
    /// The port to serve on; 0 takes any free one [default: 3000, or the next free one]
    #[arg(long)]
    port: Option<u16>,

    /// The address to serve on. Others on the network can read along if it is not a loopback address
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,

    /// Do not open a browser
    #[arg(long)]
    no_open: bool,

    /// Build the book into target/book and end
    #[arg(long, conflicts_with_all = ["port", "host", "no_open"])]
    build_only: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    eprintln!("building the book");
    let started = Instant::now();
    let site = Site::build(&course.root)?;
    eprintln!("built in {:.1} s", started.elapsed().as_secs_f32());
    if args.build_only {
        writeln!(
            std::io::stdout(),
            "{}",
            site.folder.join("index.html").display()
        )?;
        return Ok(ExitCode::SUCCESS);
    }

    let live = Arc::new(Live::new(site));
    // One thread is enough for one reader, and leaves the others to what is being measured.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the server's runtime")?
        .block_on(serve(&args, &course, live))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(args: &Args, course: &Course, live: Arc<Live>) -> anyhow::Result<()> {
    let stopped = stop_signal()?;
    let listener = listen(args.host, args.port).await?;
    let address = listener.local_addr().context("cannot tell the address")?;
    if !address.ip().is_loopback() {
        eprintln!(
            "WARNING: {} is not a loopback address: everybody who can reach this machine can read the book",
            address.ip()
        );
    }
    watching::start(course.root.clone(), Arc::clone(&live))?;

    // The address that a browser on this machine reaches the server under.
    let mut reachable = address;
    if address.ip().is_unspecified() {
        reachable.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let url = format!("http://{reachable}");
    // Others read this line, so it must be out before the first request is answered.
    writeln!(std::io::stdout(), "serving the book on {url}, until Ctrl-C")
        .context("cannot print the address")?;
    if !args.no_open && open::that_detached(&url).is_err() {
        eprintln!("no browser could be started: open {url} in one");
    }

    web::serve(listener, live, stopped).await;
    eprintln!("stopped");
    Ok(())
}

/// Listens on the port that was asked for, or on the first free one from 3000 on.
async fn listen(host: IpAddr, port: Option<u16>) -> anyhow::Result<TcpListener> {
    if let Some(port) = port {
        let address = SocketAddr::new(host, port);
        return TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address}: leave out --port to take the next free one")
        });
    }
    for port in FIRST_PORT..FIRST_PORT + PORTS_TRIED {
        let address = SocketAddr::new(host, port);
        match TcpListener::bind(address).await {
            Ok(listener) => {
                if port != FIRST_PORT {
                    eprintln!("port {FIRST_PORT} is taken, {port} is the next free one");
                }
                return Ok(listener);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot listen on {address}"));
            }
        }
    }
    bail!(
        "the ports {FIRST_PORT} to {} are all taken: name a free one with --port",
        FIRST_PORT + PORTS_TRIED - 1
    )
}

/// Ends when the process is asked to stop. The handlers are in place when this returns.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
