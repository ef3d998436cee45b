//! The URL of a store in an object store: `s3://bucket/prefix`.

use std::fmt;
use std::path::PathBuf;

/// Where entries are kept instead of in a folder. It holds no credentials: those come from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    service: Service,
    /// On Azure, a container.
    bucket: String,
    /// Without slashes at its ends; empty where the whole bucket is the store.
    prefix: String,
}

/// Who keeps the objects, or whose protocol a server of the user's own speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Amazon,
    Google,
    Azure,
}

const SERVICES: [Service; 3] = [Service::Amazon, Service::Google, Service::Azure];

/// Why a text is no address. What stands in it is not repeated, but for the scheme: it may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("results are not kept at `{0}:`; {EXPECTED}")]
    Scheme(String),
    #[error("`{0}:` without `//`; {EXPECTED}")]
    Slashes(&'static str),
    #[error(
        "credentials do not stand in the URL of a store, where others see them: leave out what is before the `@`; \
         {FROM_ENVIRONMENT}"
    )]
    Credentials,
    #[error(
        "a bucket has no port; the server is named by the environment, such as AWS_ENDPOINT_URL; {EXPECTED}"
    )]
    Port,
    #[error("there is no bucket behind the `//`; {EXPECTED}")]
    NoBucket,
    #[error(
        "the bucket's name may hold letters, digits, `-`, `_` and `.`, and not `{0}`; {EXPECTED}"
    )]
    Bucket(char),
    #[error("`?` and `#` mean nothing in the URL of a store; {FROM_ENVIRONMENT}")]
    Query,
    #[error("`{0}` cannot stand behind the bucket; {EXPECTED}")]
    Prefix(char),
    #[error("the parts of a prefix are names, not empty, `.` or `..`; {EXPECTED}")]
    Part,
}

const EXPECTED: &str =
    "expected a folder, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX";
const FROM_ENVIRONMENT: &str = "they come from the environment (docs/guide/cluster.md)";

impl Address {
    /// `None` of a text that is the path of a folder.
    pub fn parse(text: &str) -> Result<Option<Self>, AddressError> {
        let Some((scheme, rest)) = text.split_once("://").filter(|(s, _)| is_scheme(s)) else {
            // A folder of that name would be a surprise.
            let forgotten = SERVICES.map(Service::scheme).into_iter().find(|scheme| {
                let rest = text.strip_prefix(scheme);
                rest.is_some_and(|rest| rest.starts_with(':'))
            });
            return forgotten.map_or(Ok(None), |scheme| Err(AddressError::Slashes(scheme)));
        };
        let is_named = |service: &Service| service.scheme().eq_ignore_ascii_case(scheme);
        let service = SERVICES.into_iter().find(is_named);
        let service = service.ok_or_else(|| AddressError::Scheme(scheme.to_lowercase()))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains('@') {
            return Err(AddressError::Credentials);
        }
        if rest.contains(['?', '#']) {
            return Err(AddressError::Query);
        }
        if bucket.contains(':') {
            return Err(AddressError::Port);
        }
        if bucket.is_empty() {
            return Err(AddressError::NoBucket);
        }
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if let Some(other) = bucket.chars().find(|c| !is_of_name(*c)) {
            return Err(AddressError::Bucket(other));
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        check_prefix(prefix)?;
        Ok(Some(Self {
            service,
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        }))
    }

    pub fn service(&self) -> Service {
        self.service
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The name of an object of the store in its bucket.
    pub fn object(&self, name: &str) -> String {
        match self.prefix.as_str() {
            "" => name.to_owned(),
            prefix => format!("{prefix}/{name}"),
        }
    }

    /// The same as a URL, for messages.
    pub fn url_of(&self, name: &str) -> PathBuf {
        let scheme = self.service.scheme();
        let object = self.object(name);
        PathBuf::from(format!("{scheme}://{}/{object}", self.bucket))
    }

    /// Where to look when it cannot be reached; nothing in a program without object stores, which says what it lacks.
    pub fn hint(&self) -> &'static str {
        if !cfg!(feature = "object-store") {
            return "";
        }
        match self.service {
            Service::Amazon => {
                "the environment says who asks and where: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, and for a \
                 server of your own AWS_ENDPOINT_URL (with AWS_ALLOW_HTTP=true for http://)"
            }
            Service::Google => {
                "the environment says who asks: GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT, the path of a file \
                 of credentials"
            }
            Service::Azure => {
                "the environment says who asks and where: AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or \
                 AZURE_STORAGE_SAS_TOKEN, and AZURE_STORAGE_ENDPOINT for a server of your own"
            }
        }
    }
}

impl Service {
    fn scheme(self) -> &'static str {
        match self {
            Self::Amazon => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let url = self.url_of("");
        f.write_str(url.to_string_lossy().trim_end_matches('/'))
    }
}

fn is_scheme(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    !text.is_empty() && text.chars().all(is_part)
}

/// Only what every service takes as it stands: no character has two spellings.
fn check_prefix(prefix: &str) -> Result<(), AddressError> {
    let is_part = |c: char| c.is_alphanumeric() || "/-_.=+,!@()".contains(c);
    if let Some(other) = prefix.chars().find(|c| !is_part(*c)) {
        return Err(AddressError::Prefix(other));
    }
    let mut parts = prefix.split('/');
    let is_name = |part: &str| !matches!(part, "" | "." | "..");
    match prefix.is_empty() || parts.all(is_name) {
        true => Ok(()),
        false => Err(AddressError::Part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap().unwrap()
    }

    #[test]
    fn what_an_address_is() {
        let whole = address("s3://bucket");
        assert_eq!(
            (whole.bucket(), whole.service()),
            ("bucket", Service::Amazon)
        );
        assert_eq!(whole.object("entries/ab"), "entries/ab");
        assert_eq!(whole.to_string(), "s3://bucket");
        let part = address("S3://my-bucket.1/a/b_c=1/");
        assert_eq!(part.object("entries/ab"), "a/b_c=1/entries/ab");
        assert_eq!(part.to_string(), "s3://my-bucket.1/a/b_c=1");
        assert_eq!(
            part.url_of("x"),
            PathBuf::from("s3://my-bucket.1/a/b_c=1/x")
        );
        assert_eq!(address("gs://b/x").service(), Service::Google);
        assert_eq!(address("az://b/x").service(), Service::Azure);
        for folder in ["store", "/a/b", "../s3", "a b://c", "C:\\store", "s3", ""] {
            assert_eq!(Address::parse(folder), Ok(None), "{folder}");
        }
    }

    #[test]
    fn what_is_none_says_what_would_be_right_and_repeats_no_password() {
        use AddressError as E;
        for (text, expected) in [
            ("https://host/bucket", E::Scheme("https".to_owned())),
            ("file:///store", E::Scheme("file".to_owned())),
            ("memory://", E::Scheme("memory".to_owned())),
            ("s3:/bucket/store", E::Slashes("s3")),
            ("gs:bucket", E::Slashes("gs")),
            ("s3://", E::NoBucket),
            ("s3:///prefix", E::NoBucket),
            ("s3://me:secret@bucket/store", E::Credentials),
            ("s3://me:secret@host?x/", E::Credentials),
            ("s3://host:9000/bucket", E::Port),
            ("az://c/p?sig=secret", E::Query),
            ("az://c/p#secret", E::Query),
            ("s3://buc ket/p", E::Bucket(' ')),
            ("s3://bücket/p", E::Bucket('ü')),
            ("s3://bucket/a%2fb", E::Prefix('%')),
            ("s3://bucket/a\\b", E::Prefix('\\')),
            ("s3://bucket/a\nb", E::Prefix('\n')),
            ("s3://bucket/a//b", E::Part),
            ("s3://bucket/../b", E::Part),
            ("s3://bucket/.", E::Part),
        ] {
            let error = Address::parse(text).unwrap_err();
            assert_eq!(error, expected, "{text}");
            let said = error.to_string();
            assert!(!said.contains("secret"), "{said}");
            assert!(
                said.contains("expected") || said.contains("environment"),
                "{said}"
            );
        }
    }
}
