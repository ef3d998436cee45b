//! Tests of `scopes`.

use super::*;

fn scopes(names: &[&str], weights: &[&str]) -> Scopes {
    let scope = |name: &&str| name.rsplit_once('/').unwrap().0.to_owned();
    Scopes {
        naming: Naming::Scopes,
        scopes: names.iter().map(scope).collect(),
        with_weights: weights.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn path(scopes: &Scopes, name: &str) -> String {
    scopes.of_name(name).last().unwrap().path.clone()
}

#[test]
fn scopes_become_module_paths() {
    let none = scopes(&[], &[]);
    assert_eq!(
        path(&none, "/features/features.3/squeeze/Conv"),
        "features.3.squeeze"
    );
    assert_eq!(
        path(&none, "/features/features.1/conv/conv.0/conv.0.2/Clip"),
        "features.1.conv.0.2"
    );
    assert_eq!(path(&none, "/Flatten"), "");
    assert_eq!(none.of_name("Identity_3"), []);
}

#[test]
fn a_second_call_is_told_from_a_second_module() {
    let names = ["/layer1/layer1.0/relu/Relu", "/layer1/layer1.0/relu_1/Relu"];
    let shared = scopes(&names, &[]);
    let calls = names.map(|name| shared.of_name(name).pop().unwrap());
    assert_eq!(calls[0].path, "layer1.0.relu");
    assert_eq!(calls[1].path, "layer1.0.relu");
    assert_ne!(calls[0].key, calls[1].key);

    let names = ["/conv/Conv", "/conv_1/Conv"];
    let two = scopes(&names, &["conv", "conv_1"]);
    assert_eq!(path(&two, names[1]), "conv_1");
}

#[test]
fn lists_are_read_as_python_prints_them() {
    let entries = python_list(r#"['', 'conv1', "it's", 'a\'b']"#).unwrap();
    assert_eq!(entries, ["", "conv1", "it's", "a'b"]);
    assert_eq!(python_list("[]").unwrap(), Vec::<String>::new());
    assert_eq!(python_list("['open"), None);
    assert_eq!(python_list("[1, 2]"), None);
}
