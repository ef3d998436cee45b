//! What failed on the way to a bucket, in one sentence, and nothing of the user's credentials.

use object_store::Error;

/// The cause alone: object_store's own text holds the URL that was asked for, with the signature that some services put
/// into it, and the whole answer of the server, which may repeat what was signed.
pub fn told(error: &Error) -> String {
    let whole = error.to_string();
    let code = code(&whole).map_or(String::new(), |code| format!(" ({code})"));
    match error {
        // A server that is no object store, or a proxy, gives no code.
        Error::NotFound { .. } if code.is_empty() => {
            "the server answers 404: there is no such bucket, or no object store".to_owned()
        }
        Error::NotFound { .. } => format!("there is no such bucket{code}"),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            format!("the server refuses it to these credentials{code}")
        }
        _ if is_metadata_service(&whole) => {
            "there are no credentials in the environment, and this machine has none of its own"
                .to_owned()
        }
        _ => format!("{}{code}", root(error)),
    }
}

/// Where no credentials are named, object_store asks the machine that it runs on, as the services' tools do: that fails
/// on all others.
fn is_metadata_service(text: &str) -> bool {
    [
        "169.254.169.254",
        "metadata.google.internal",
        "/metadata/identity/",
    ]
    .iter()
    .any(|of_machine| text.contains(of_machine))
}

/// The error code in the body of an answer, as S3 and Azure give it.
fn code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_word = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_word.then_some(code)
}

/// What the innermost error says.
fn root(error: &Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let text = inner.to_string();
    if let Some((_, status)) = text.split_once("status code: ") {
        let status = status.split(':').next().unwrap_or(status);
        return format!("the server answers {}", status.trim());
    }
    if text.contains("scheme is not allowed") {
        return "the endpoint is http://, which only AWS_ALLOW_HTTP=true or AZURE_ALLOW_HTTP=true lets be used".to_owned();
    }
    let text = text.split("<?xml").next().unwrap_or_default();
    without_credentials(text.lines().next().unwrap_or_default())
}

/// Without what stands before the `@` and behind the `?` of a URL.
fn without_credentials(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let Some((scheme, rest)) = word.split_once("://") else {
            return word.to_owned();
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        format!("{scheme}://{host}")
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: &str) -> Error {
        Error::Generic {
            store: "S3",
            source: source.into(),
        }
    }

    #[test]
    fn the_cause_is_told_and_no_secret() {
        let body = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><AWSAccessKeyId>secret</AWSAccessKeyId></Error>";
        let status = "Server returned non-2xx status code: 503 Service Unavailable: ";
        for (error, expected) in [
            (
                generic("Connection refused (os error 111)"),
                "Connection refused (os error 111)",
            ),
            (
                generic(&format!("{status}{body}")),
                "the server answers 503 Service Unavailable (SlowDown)",
            ),
            (
                generic("cannot parse https://me:secret@host/a?sig=secret here"),
                "cannot parse https://host/a here",
            ),
            (
                generic("Error performing PUT http://169.254.169.254/latest/api/token in 1s"),
                "there are no credentials in the environment, and this machine has none of its own",
            ),
            (
                Error::PermissionDenied {
                    path: "a".to_owned(),
                    source: body.replace("SlowDown", "AccessDenied").into(),
                },
                "the server refuses it to these credentials (AccessDenied)",
            ),
            (
                Error::NotFound {
                    path: "a".to_owned(),
                    source: "<Code>NoSuchBucket</Code>".into(),
                },
                "there is no such bucket (NoSuchBucket)",
            ),
            (
                Error::NotFound {
                    path: "a".to_owned(),
                    source: "<html>".into(),
                },
                "the server answers 404: there is no such bucket, or no object store",
            ),
        ] {
            assert_eq!(told(&error), expected);
        }
    }
}
