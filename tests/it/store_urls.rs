//! What `--store` takes for a URL, whatever the program was built with.

use crate::rebuilds::Project;

#[test]
fn a_url_that_is_none_is_refused_before_anything_is_done() {
    let project = Project::of_one_figure();
    for (url, expected) in [
        ("ftp://host/store", "not kept at `ftp:`"),
        ("s3:/bucket/store", "without `//`"),
        ("s3://", "no bucket"),
        (
            "s3://me:secret@bucket/store",
            "leave out what is before the `@`",
        ),
        ("s3://bucket/store?token=secret", "`?` and `#`"),
        ("s3://host:9000/store", "no port"),
        ("s3://bucket/../store", "`..`"),
        ("", "names no folder"),
    ] {
        for command in [&["build"][..], &["check"], &["cache", "list"]] {
            let (code, out, said) = project.told(&[command, &["--store", url]].concat());
            assert_eq!((code, out.as_str()), (2, ""), "{url}: {said}");
            assert!(
                said.contains("--store") && said.contains(expected),
                "{said}"
            );
            assert!(!said.contains("secret"), "{said}");
        }
    }
    let (code, _, said) = project.told(&["build", "--store", "a:b/store"]);
    assert_eq!(code, 0, "a folder may have any other name: {said}");
}

#[cfg(not(feature = "object-store"))]
#[test]
fn a_program_without_object_stores_says_how_to_get_one() {
    let project = Project::of_one_figure();
    for command in [&["build"][..], &["check"], &["cache", "list"]] {
        let (code, _, said) = project.told(&[command, &["--store", "s3://bucket/store"]].concat());
        assert_eq!(code, 1, "{said}");
        let built =
            "built without object stores; `cargo build --release --locked --features object-store`";
        assert!(
            said.contains("`s3://bucket/store`") && said.contains(built),
            "{said}"
        );
    }
    assert!(!project.path("build").exists() && !project.path(".cnn-report").exists());
}
