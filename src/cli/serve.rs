//! `cnn-report serve`: as `watch`, with the report in a browser, loaded again after each build.
//!
//! It listens on this machine only, answers to its own name only, so that a page of another site that has its name
//! lead here reads nothing, and hands out the files of the report and nothing else. Each build is a process of its own.

mod files;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Args;
use cnn_report::diagnostic::Diagnostic;
use cnn_report::{Failure, Watched};
use oxhttp::Server;
use oxhttp::model::{Body, Method, Request, Response, StatusCode, header};

use super::build::BuildArguments;
use super::interrupt;
use super::messages::MessageFormat;
use super::watch::after_each_change;
use files::{HTML, Served};

/// What `serve` is given.
#[derive(Args)]
pub struct ServeArguments {
    #[command(flatten)]
    build: BuildArguments,
    /// Port of this machine under which the report is shown
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

const SHELL: &str = include_str!("../../templates/serve/shell.html");
const STYLE: &str = include_str!("../../templates/serve/shell.css");
const SCRIPT: &str = include_str!("../../templates/serve/shell.js");

/// For the page round the report: its own files, and the report in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Who says nothing for so long is not waited for.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);
const MOST_CONNECTIONS: usize = 64;

/// A build that does not end on Ctrl-C by itself is ended.
const PATIENCE: Duration = Duration::from_millis(500);

/// What the browser is told.
#[derive(Default)]
struct State {
    /// Builds that have ended.
    version: u64,
    is_building: bool,
    /// What the last build said, where it failed.
    faults: String,
    served: Served,
    /// The build that runs.
    child: Option<Child>,
}

type Shared = Arc<Mutex<State>>;

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn run(arguments: &ServeArguments, format: MessageFormat) -> ExitCode {
    let failed = |message: String, hint: &str| {
        let fault = Diagnostic::without_file(message, hint.to_owned());
        format.fail(&Failure::Run(vec![fault]))
    };
    if let Some(option) = arguments.build.writes_nothing() {
        let message = format!("`{option}` writes no report that could be shown");
        return failed(message, "leave it out");
    }
    let state = Shared::default();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    // The server says of an address that is taken only that it is; whose it is can be told before.
    if let Err(error) = TcpListener::bind(address) {
        let message = format!("cannot listen on {address}: {error}");
        return failed(message, "choose another port with `--port`");
    }
    let (handler, port) = (state.clone(), arguments.port);
    let server = Server::new(move |request| answer(request, port, &handler))
        .bind(address)
        .with_global_timeout(LONGEST_SILENCE)
        .with_max_concurrent_connections(MOST_CONNECTIONS);
    let listening = match server.spawn() {
        Ok(listening) => listening,
        Err(error) => return failed(format!("cannot listen on {address}: {error}"), ""),
    };
    let stopped = state.clone();
    if let Err(error) = ctrlc::set_handler(move || stop(&stopped)) {
        return failed(format!("cannot watch for Ctrl-C: {error}"), "");
    }
    format.print_text(&format!("http://{address}/\n"));
    let outcome = serve(arguments, &state, format);
    drop(listening);
    match outcome {
        Ok(never) => match never {},
        Err(message) => failed(message, ""),
    }
}

/// On Ctrl-C: the build has got it too, on a terminal; else it is ended.
fn stop(state: &Shared) {
    let child = lock(state).child.take();
    if let Some(mut child) = child {
        let mut waited = Duration::ZERO;
        const STEP: Duration = Duration::from_millis(20);
        while waited < PATIENCE && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(STEP);
            waited += STEP;
        }
        let _ = child.kill(); // it may have ended meanwhile
        let _ = child.wait();
    }
    interrupt::exit_now();
}

/// Builds, and again after each change; the browser is told.
fn serve(
    arguments: &ServeArguments,
    state: &Shared,
    format: MessageFormat,
) -> Result<std::convert::Infallible, String> {
    after_each_change(&arguments.build, format, |known| {
        let faults = build(state, known)?;
        let mut state = lock(state);
        state.version += 1;
        state.is_building = false;
        state.faults = faults;
        Ok(state.faults.is_empty())
    })
}

/// Runs this program with the same arguments, `build` in the place of `serve`; what it said where it failed.
fn build(state: &Shared, known: &Watched) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot start the build: {error}");
    let program = std::env::current_exe().map_err(cannot)?;
    let mut child = Command::new(program)
        .args(arguments_of_build(std::env::args_os().skip(1)))
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let said = child.stderr.take();
    {
        let mut state = lock(state);
        state.is_building = true;
        if let Some((folder, name)) = &known.output {
            state.served = Served::new(folder, name);
        }
        state.child = Some(child);
    }
    let text = said.map_or_else(String::new, |said| echoed(BufReader::new(said)));
    let child = lock(state).child.take();
    let Some(mut child) = child else {
        return Ok(text); // Ctrl-C has taken it
    };
    match child.wait().map_err(cannot)?.success() {
        true => Ok(String::new()),
        false if text.is_empty() => Ok("the build ended without saying why".to_owned()),
        false => Ok(text),
    }
}

/// The arguments without `serve` and its port.
fn arguments_of_build(
    arguments: impl Iterator<Item = std::ffi::OsString>,
) -> Vec<std::ffi::OsString> {
    let mut left = Vec::new();
    let mut is_port = false;
    let mut has_command = false;
    for argument in arguments {
        if std::mem::take(&mut is_port) {
            continue;
        }
        if argument == "--port" {
            is_port = true;
        } else if argument == "serve" && !has_command {
            has_command = true;
            left.push("build".into());
        } else if !argument.to_string_lossy().starts_with("--port=") {
            left.push(argument);
        }
    }
    left
}

/// Passes everything on to standard error; what of it is no progress (`[1/5] LIME: 2.3 s`).
fn echoed(mut said: impl BufRead) -> String {
    let mut faults = String::new();
    let mut line = Vec::new();
    while said.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let _ = std::io::stderr().write_all(&line); // it may be closed
        let text = String::from_utf8_lossy(&line);
        let is_progress = text.strip_prefix('[').is_some_and(|rest| {
            rest.split_once("] ")
                .is_some_and(|(step, _)| step.bytes().all(|b| b.is_ascii_digit() || b == b'/'))
        });
        if !is_progress {
            faults += &text;
        }
        line.clear();
    }
    faults.trim_end().to_owned()
}

/// What a request gets.
fn answer(request: &Request<Body>, port: u16, state: &Shared) -> Response<Body> {
    let refuse = |status, text: &str| respond(status, "text/plain; charset=utf-8", None, text);
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    // A name of another site that leads to this machine is still that name.
    if ![format!("127.0.0.1:{port}"), format!("localhost:{port}")]
        .contains(&host.to_ascii_lowercase())
    {
        return refuse(
            StatusCode::FORBIDDEN,
            "this server answers to 127.0.0.1 and localhost only\n",
        );
    }
    if *request.method() != Method::GET {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
    }
    let ours = |kind, text: &str| respond(StatusCode::OK, kind, Some(POLICY), text);
    match request.uri().path() {
        "/" => ours(HTML, SHELL),
        "/_serve/shell.css" => ours("text/css; charset=utf-8", STYLE),
        "/_serve/shell.js" => ours("text/javascript; charset=utf-8", SCRIPT),
        "/_serve/state" => {
            let state = lock(state);
            let told = serde_json::json!({
                "version": state.version,
                "building": state.is_building,
                "faults": state.faults,
                "page": state.served.page(),
            });
            ours("application/json", &told.to_string())
        }
        path => {
            let served = lock(state).served.clone();
            match served.read(path) {
                // In a window of its own too, a page is loaded again after each build.
                Some((HTML, _)) if is_for_a_window(request) => ours(HTML, SHELL),
                // The page has a policy of its own; a frame of another site is not for it.
                Some((kind, content)) => respond(
                    StatusCode::OK,
                    kind,
                    Some("frame-ancestors 'self'"),
                    content,
                ),
                None => refuse(StatusCode::NOT_FOUND, "no file of the report\n"),
            }
        }
    }
}

/// Browsers say of each request what it is for; others say nothing and get the file.
fn is_for_a_window(request: &Request<Body>) -> bool {
    let destination = request.headers().get("sec-fetch-dest");
    destination.is_some_and(|destination| destination == "document")
}

fn respond(
    status: StatusCode,
    kind: &'static str,
    policy: Option<&'static str>,
    content: impl Into<Vec<u8>>,
) -> Response<Body> {
    let mut response = Response::new(Body::from(content.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let mut put = |name: header::HeaderName, value: &'static str| {
        headers.insert(name, header::HeaderValue::from_static(value));
    };
    put(header::CONTENT_TYPE, kind);
    put(header::CACHE_CONTROL, "no-store");
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(
        header::HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    if let Some(policy) = policy {
        put(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
