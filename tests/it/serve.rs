//! `serve`, asked as a browser asks it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::rebuilds::Project;

struct Serving {
    child: Child,
    port: u16,
}

impl Serving {
    fn start(project: &Project) -> Self {
        // A port that was free a moment ago.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(env!("CARGO_BIN_EXE_cnn-report"))
            .current_dir(project.path(""))
            .args(["serve", "--format", "short", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port }
    }

    /// Status line and headers, and content.
    fn ask(&self, request: &str) -> Option<(String, Vec<u8>)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        Some((head, answer[end + 4..].to_vec()))
    }

    fn get_as(&self, host: &str, path: &str) -> Option<(String, Vec<u8>)> {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ))
    }

    fn get(&self, path: &str) -> (String, Vec<u8>) {
        self.get_as(&format!("127.0.0.1:{}", self.port), path)
            .unwrap()
    }

    fn state(&self) -> Option<Value> {
        let (_, content) = self.get_as(&format!("localhost:{}", self.port), "/_serve/state")?;
        serde_json::from_slice(&content).ok()
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let since = Instant::now();
        loop {
            match self.state() {
                Some(state) if is_so(&state) => return state,
                state => assert!(
                    since.elapsed() < Duration::from_secs(120),
                    "{what}: {state:?}"
                ),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_report_is_served_to_this_machine_and_built_after_each_change() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.path("report.yaml")).unwrap();
    let (head, _) = text.split_once("      - photos:").unwrap();
    let figure = "      - predictions: {id: predictions, top: 3}\n";
    std::fs::write(project.path("report.yaml"), format!("{head}{figure}")).unwrap();
    let mut serving = Serving::start(&project);
    let built = |version: u64| {
        move |state: &Value| state["version"] == version && state["building"] == false
    };
    let state = serving.wait_for("the first build", built(1));
    assert_eq!(
        (&state["page"], &state["faults"]),
        (&"report.html".into(), &"".into())
    );

    // The files of the report as they are, and nothing else.
    let on_disk = |name: &str| std::fs::read(project.path("build").join(name)).unwrap();
    let (head, page) = serving.get("/report.html");
    assert!(
        head.starts_with("http/1.1 200") && head.contains("text/html"),
        "{head}"
    );
    assert_eq!(page, on_disk("report.html"));
    assert_eq!(serving.get("/report.md").1, on_disk("report.md"));
    let picture = std::fs::read_dir(project.path("build/report_files"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let picture = picture.file_name().into_string().unwrap();
    assert_eq!(
        serving.get(&format!("/report_files/{picture}")).1,
        on_disk(&format!("report_files/{picture}"))
    );
    std::fs::write(project.path("build/other.html"), "x").unwrap();
    std::os::unix::fs::symlink(
        project.path("report.yaml"),
        project.path("build/report_files/link.md"),
    )
    .unwrap();
    for path in [
        "/other.html",
        "/../report.yaml",
        "/%2e%2e/report.yaml",
        "/report_files/..%2f..%2freport.yaml",
        "/report_files/link.md",
        "/report_files/",
        "/report_other/a.png",
        "//etc/passwd",
    ] {
        let (head, _) = serving.get(path);
        assert!(!head.starts_with("http/1.1 200"), "{path}: {head}");
    }

    // The page round it, under a policy that takes nothing from elsewhere.
    let (head, shell) = serving.get("/");
    assert!(
        head.contains("content-security-policy: default-src 'none'"),
        "{head}"
    );
    assert!(String::from_utf8_lossy(&shell).contains("<iframe"));

    // A name of another site that leads here is refused, and so is all but reading.
    for host in ["example.org", "example.org:80", "127.0.0.1.example.org", ""] {
        let (head, content) = serving.get_as(host, "/report.html").unwrap();
        let is_refused = head.starts_with("http/1.1 40"); // 400 where there is no name at all
        assert!(is_refused && content.len() < 100, "`{host}`: {head}");
    }
    let post = format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        serving.port
    );
    assert!(serving.ask(&post).unwrap().0.starts_with("http/1.1 405"));

    // A change is built, a fault is told, and the old page stays until it is mended.
    project.spec("title: Small", "title: Smaller");
    serving.wait_for("the second build", built(2));
    assert!(String::from_utf8_lossy(&serving.get("/report.html").1).contains("<h1>Smaller</h1>"));
    project.spec("top: 3", "topp: 3");
    let state = serving.wait_for("the build that fails", built(3));
    let faults = state["faults"].as_str().unwrap();
    assert!(faults.starts_with("report.yaml:16:"), "{faults}");
    assert!(faults.contains("did you mean `top`?"), "{faults}");
    assert!(String::from_utf8_lossy(&serving.get("/report.html").1).contains("<h1>Smaller</h1>"));
    project.spec("topp: 3", "top: 2");
    let state = serving.wait_for("the mended build", built(4));
    assert_eq!(state["faults"], "");

    // Ctrl-C ends it within a second.
    let since = Instant::now();
    Command::new("kill")
        .args(["-INT", &serving.child.id().to_string()])
        .status()
        .unwrap();
    let status = serving.child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(
        since.elapsed() < Duration::from_secs(1),
        "{:?}",
        since.elapsed()
    );
}

/// Of a report with a page a question each is served, alone in its window within the page that loads it again.
#[test]
fn a_page_of_a_question_is_loaded_again_as_well() {
    let project = Project::of_one_figure();
    let first = std::fs::read_to_string(project.path("report.yaml")).unwrap();
    let second = "  - title: Second\n    prompt: Look.\n";
    let split = "output: {split: true, formats: [html]}\n";
    project.write("report.yaml", format!("{first}{second}{split}").as_bytes());
    let serving = Serving::start(&project);
    serving.wait_for("the first build", |state| state["version"] == 1);
    let page = "/report-question-2.html";
    let (_, content) = serving.get(page);
    assert!(String::from_utf8_lossy(&content).contains("<title>Question 2 Second"));
    let asked_for = |destination: &str| {
        let host = format!("127.0.0.1:{}", serving.port);
        let request = format!(
            "GET {page} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Dest: {destination}\r\nConnection: close\r\n\r\n"
        );
        serving.ask(&request).unwrap()
    };
    assert_eq!(asked_for("iframe").1, content);
    assert_eq!(asked_for("document").1, serving.get("/").1);

    project.write("report.yaml", format!("{first}{split}").as_bytes());
    serving.wait_for("the second build", |state| state["version"] == 2);
    for destination in ["iframe", "document"] {
        let (head, _) = asked_for(destination);
        assert!(head.starts_with("http/1.1 404"), "{destination}: {head}");
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let project = Project::new();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_cnn-report"))
        .current_dir(project.path(""))
        .args(["--format", "short", "serve", "--port", &port])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("choose another port with `--port`"), "{told}");
}
