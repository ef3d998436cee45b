//! A small server that speaks as much of S3's protocol as a store asks for, and fails where it is told to. What it is
//! compared with: `tools/measure_object_store.py` runs the same against a server that others have made.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use oxhttp::Server;
use oxhttp::model::{Body, Method, Request, Response, StatusCode, Uri, header};

/// What is answered instead of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// So many requests more are answered, and then none.
    DiesAfter(usize),
    /// So many requests are answered with 503.
    Busy(usize),
    /// 403 to whoever writes.
    Refuses,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    requests: Vec<String>,
    mood: Option<Mood>,
}

/// Gone with the process of the tests.
pub struct Bucket {
    port: u16,
    state: Arc<Mutex<State>>,
}

pub const NAME: &str = "bucket";
const TIME: &str = "2026-01-02T03:04:05.000Z";
const HTTP_TIME: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

impl Bucket {
    pub fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let server = Server::new(move |request| {
            let mut body = Vec::new();
            std::io::copy(request.body_mut(), &mut body).unwrap();
            shared.lock().unwrap().answer(request, body)
        });
        server.bind((Ipv4Addr::LOCALHOST, port)).spawn().unwrap();
        Self { port, state }
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn is(&self, mood: Mood) {
        self.state.lock().unwrap().mood = Some(mood);
    }

    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.state.lock().unwrap().objects.clone()
    }

    pub fn put(&self, name: &str, content: &[u8]) {
        let mut state = self.state.lock().unwrap();
        state.objects.insert(name.to_owned(), content.to_vec());
    }

    /// Method and path of the requests since this was last asked.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }
}

impl State {
    fn answer(&mut self, request: &Request<Body>, body: Vec<u8>) -> Response<Body> {
        let uri = request.uri();
        self.requests
            .push(format!("{} {}", request.method(), uri.path()));
        if let Some(refusal) = self.refusal(request.method()) {
            return refusal;
        }
        let path = uri.path().trim_start_matches('/');
        let (bucket, name) = path.split_once('/').unwrap_or((path, ""));
        if bucket != NAME {
            return fault(StatusCode::NOT_FOUND, "NoSuchBucket");
        }
        match (request.method(), name) {
            (&Method::GET, "") => self.listed(uri),
            (&Method::POST, "") => self.removed(&body),
            (&Method::PUT, _) => {
                self.objects.insert(name.to_owned(), body);
                of_object(StatusCode::OK, Body::empty())
            }
            (&Method::GET | &Method::HEAD, _) => match self.objects.get(name) {
                None => fault(StatusCode::NOT_FOUND, "NoSuchKey"),
                Some(content) => part(request, content),
            },
            _ => fault(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        }
    }

    fn refusal(&mut self, method: &Method) -> Option<Response<Body>> {
        let dead = || fault(StatusCode::INTERNAL_SERVER_ERROR, "InternalError");
        match self.mood? {
            Mood::Well => None,
            Mood::DiesAfter(0) => Some(dead()),
            Mood::DiesAfter(left) => {
                self.mood = Some(Mood::DiesAfter(left - 1));
                None
            }
            Mood::Busy(0) => None,
            Mood::Busy(left) => {
                self.mood = Some(Mood::Busy(left - 1));
                Some(fault(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"))
            }
            Mood::Refuses => {
                let is_writing = *method != Method::GET && *method != Method::HEAD;
                is_writing.then(|| fault(StatusCode::FORBIDDEN, "AccessDenied"))
            }
        }
    }

    fn listed(&self, uri: &Uri) -> Response<Body> {
        let query = uri.query().unwrap_or_default().replace("%2F", "/");
        let prefix = query
            .split('&')
            .find_map(|part| part.strip_prefix("prefix="));
        let prefix = prefix.unwrap_or_default();
        let inside = self.objects.iter();
        let inside = inside.filter(|(name, _)| name.starts_with(prefix));
        let contents = inside.map(|(name, content)| {
            format!(
                "<Contents><Key>{name}</Key><LastModified>{TIME}</LastModified><ETag>\"1\"</ETag><Size>{}</Size></Contents>",
                content.len()
            )
        });
        xml(
            StatusCode::OK,
            format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>",
                contents.collect::<String>()
            ),
        )
    }

    fn removed(&mut self, body: &[u8]) -> Response<Body> {
        let text = String::from_utf8_lossy(body);
        let names = text.split("<Key>").skip(1);
        let mut deleted = String::new();
        for name in names.filter_map(|rest| rest.split_once("</Key>")) {
            self.objects.remove(name.0);
            deleted += &format!("<Deleted><Key>{}</Key></Deleted>", name.0);
        }
        xml(
            StatusCode::OK,
            format!("<DeleteResult>{deleted}</DeleteResult>"),
        )
    }
}

/// An object, or the bytes of it that `Range` names.
fn part(request: &Request<Body>, content: &[u8]) -> Response<Body> {
    let range = request.headers().get(header::RANGE);
    let range = range.and_then(|range| {
        let (start, end) = range
            .to_str()
            .ok()?
            .strip_prefix("bytes=")?
            .split_once('-')?;
        let last = end.parse::<usize>().ok()?.min(content.len() - 1);
        Some((start.parse::<usize>().ok()?, last))
    });
    let Some((start, last)) = range else {
        return of_object(StatusCode::OK, Body::from(content.to_vec()));
    };
    let body = Body::from(content[start..=last].to_vec());
    let mut response = of_object(StatusCode::PARTIAL_CONTENT, body);
    let range = format!("bytes {start}-{last}/{}", content.len());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_RANGE, range.parse().unwrap());
    response
}

fn of_object(status: StatusCode, body: Body) -> Response<Body> {
    let response = Response::builder().status(status);
    let response = response.header(header::ETAG, "\"1\"");
    let response = response.header(header::LAST_MODIFIED, HTTP_TIME);
    response.body(body).unwrap()
}

/// With what a careless server repeats of the request.
fn fault(status: StatusCode, code: &str) -> Response<Body> {
    let repeated = format!("<AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId>");
    xml(
        status,
        format!("<Error><Code>{code}</Code>{repeated}</Error>"),
    )
}

pub const KEY_ID: &str = "my-key-id";
pub const SECRET: &str = "my-secret-key";

fn xml(status: StatusCode, text: String) -> Response<Body> {
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let response = Response::builder().status(status);
    let response = response.header(header::CONTENT_TYPE, "application/xml");
    response
        .body(Body::from(format!("{declaration}{text}")))
        .unwrap()
}
