//! Enough of XML to find what a browser would stumble over: tags that do not match, attributes
//! without quotes or given twice, bare `&` and `<`.

/// `Err` says what is wrong and where.
pub fn check(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        entities(&rest[..start])?;
        let end = rest[start..]
            .find('>')
            .ok_or_else(|| near("a tag without end", &rest[start..]))?;
        let tag = &rest[start + 1..start + end];
        rest = &rest[start + end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(near("closed but not open", tag));
            }
        } else {
            let is_empty = tag.ends_with('/');
            let tag = tag.trim_end_matches('/');
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            if name.is_empty() || !name.chars().all(char::is_alphanumeric) {
                return Err(near("no name of a tag", tag));
            }
            check_attributes(attributes)?;
            if !is_empty {
                open.push(name);
            }
        }
        if open.is_empty() && !rest.trim().is_empty() {
            return Err(near("more than one root", rest));
        }
    }
    match open.last() {
        Some(name) => Err(format!("`{name}` is never closed")),
        None => Ok(()),
    }
}

fn check_attributes(text: &str) -> Result<(), String> {
    let mut names = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, value) = rest
            .split_once("=\"")
            .ok_or_else(|| near("no attribute", rest))?;
        let (value, after) = value
            .split_once('"')
            .ok_or_else(|| near("no closing quote", rest))?;
        entities(value)?;
        if names.contains(&name) || !name.chars().all(|c| c.is_alphanumeric() || c == '-') {
            return Err(near("given twice, or no name", name));
        }
        names.push(name);
        rest = after.trim_start();
    }
    Ok(())
}

fn entities(text: &str) -> Result<(), String> {
    let known = |after: &str| {
        ["lt;", "gt;", "amp;", "quot;", "apos;"]
            .iter()
            .any(|name| after.starts_with(name))
    };
    match text.split('&').skip(1).find(|after| !known(after)) {
        Some(after) => Err(near("a bare `&`", after)),
        None => Ok(()),
    }
}

fn near(what: &str, text: &str) -> String {
    format!("{what}: `{}`", text.chars().take(60).collect::<String>())
}

#[test]
fn finds_what_is_wrong() {
    for good in ["<a/>", "<a b=\"1\"><c/>x &amp; y</a>"] {
        assert_eq!(check(good), Ok(()));
    }
    for bad in [
        "<a>",
        "<a></b>",
        "<a b=1/>",
        "<a>&</a>",
        "<a b=\"1\" b=\"2\"/>",
        "<a/><b/>",
        "<a",
    ] {
        assert!(check(bad).is_err(), "{bad}");
    }
}
