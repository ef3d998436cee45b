//! Every language has every text, and texts are filled in.

use super::super::language::is_language;
use super::*;

#[test]
fn every_language_has_the_same_keys_and_placeholders() {
    for (name, table) in tables().unwrap() {
        let languages: Vec<&str> = table.keys().map(String::as_str).collect();
        assert_eq!(
            languages,
            ["en", "zh-TW"],
            "languages of the table `{name}`"
        );
    }
    let english = Strings::new("en").unwrap();
    for language in LANGUAGES {
        let other = Strings::new(language).unwrap();
        let keys = |strings: &Strings| -> Vec<String> { strings.texts.keys().cloned().collect() };
        assert_eq!(keys(&other), keys(&english), "keys in {language}");
        for (key, text) in other.all() {
            assert!(!text.trim().is_empty(), "{language}: `{key}` is empty");
            assert_eq!(
                placeholders(text),
                placeholders(english.get(key)),
                "placeholders of `{key}` in {language}"
            );
        }
    }
}

#[test]
fn own_words_take_the_place_of_ours() {
    let mut strings = Strings::new("en").unwrap();
    strings.replace("contents", "In this report\n").unwrap();
    assert_eq!(strings.get("contents"), "In this report");
    strings.replace("figure", "Fig. {number}").unwrap();
    let unknown = strings.replace("contentz", "x").unwrap_err();
    assert_eq!(unknown.to_string(), "there is no word `contentz`");
    let unfilled = strings.replace("figure", "Fig. {count}").unwrap_err();
    assert_eq!(unfilled.to_string(), "nothing is known of `{count}` here");
    assert_eq!(strings.replace("figure", " "), Err(WordError::Empty));
    assert_eq!(strings.get("figure"), "Fig. {number}");
}

#[test]
fn names_of_languages_are_known_by_their_form() {
    for name in ["fr", "pt-BR", "sr-Latn-RS", "es-419"] {
        assert!(is_language(name), "{name}");
    }
    for name in ["", "f", "my words", "fr_FR", "../fr", "fr-"] {
        assert!(!is_language(name), "{name}");
    }
}

#[test]
fn every_method_has_title_reading_and_misleading() {
    for language in LANGUAGES {
        let strings = Strings::new(language).unwrap();
        let methods = TABLES
            .iter()
            .filter(|(_, file, _)| file.starts_with("methods/"));
        for (method, ..) in methods {
            for key in ["title", "reading", "misleading"] {
                let key = full_key(method, key);
                assert!(strings.has(&key), "{language}: `{key}`");
            }
        }
    }
}

#[test]
fn languages_go_by_several_names() {
    for (name, language) in [
        ("zh", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("zh-tw", "zh-TW"),
        ("en-GB", "en"),
        ("en", "en"),
        ("zh-Hans", "zh-CN"),
        ("zh-cn", "zh-CN"),
        ("ja", "ja"),
    ] {
        assert_eq!(Strings::new(name).unwrap().language(), language);
    }
    let error = Strings::new("tlh").unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no language `tlh`; choose one of `en`, `ja`, `zh-CN`, `zh-TW`, or give its words with `strings: tlh.yaml`"
    );
}

#[test]
fn messages_are_filled_and_lists_joined() {
    let strings = Strings::new("zh-TW").unwrap();
    let failed = Message::new("method_failed")
        .with("method", "{reason}")
        .with(
            "reason",
            vec![
                Message::new("points").with("points", Argument::Number(2.5, 1)),
                Message::literal("乙"),
            ],
        );
    assert_eq!(strings.text(&failed), "{reason}無法完成：2.5 分、乙");
}

#[test]
fn what_is_missing_is_shown() {
    let strings = Strings::new("en").unwrap();
    assert_eq!(strings.text(&Message::new("nothing.here")), "nothing.here");
    assert_eq!(strings.text(&Message::new("figure")), "Figure {number}");
    assert_eq!(fill("{a} {b {a}} {", &[("a", "1".to_owned())]), "1 {b 1} {");
}
