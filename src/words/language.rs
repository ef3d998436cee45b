//! Names of languages, as BCP 47 has them.

/// The languages that are built in, by their BCP 47 names.
pub const LANGUAGES: [&str; 4] = ["en", "ja", "zh-CN", "zh-TW"];

/// Whether a text could be the BCP 47 name of a language: words of letters and digits, with `-` between them.
pub fn is_language(name: &str) -> bool {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default();
    let is_word = |word: &str| {
        (1..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && words.all(is_word)
}

/// The name in [`LANGUAGES`] that `language` stands for.
pub fn known(language: &str) -> Option<&'static str> {
    let lower = language.to_ascii_lowercase().replace('_', "-");
    match lower.as_str() {
        "zh" | "zh-tw" | "zh-hant" | "zh-hant-tw" => Some("zh-TW"),
        "zh-cn" | "zh-hans" | "zh-hans-cn" | "zh-sg" => Some("zh-CN"),
        "ja" | "ja-jp" => Some("ja"),
        "en" => Some("en"),
        _ if lower.starts_with("en-") => Some("en"),
        _ => None,
    }
}
