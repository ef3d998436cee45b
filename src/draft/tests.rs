use super::*;

#[test]
fn paths_are_seen_from_the_folder_of_the_spec() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    crate::fs::create_directory(&at("a/b")).unwrap();
    crate::fs::create_directory(&at("c")).unwrap();
    std::fs::write(at("c/net.pt2"), "").unwrap();
    assert_eq!(relative(&at("c/net.pt2"), &at("a/b")), "../../c/net.pt2");
    assert_eq!(folder_of(Path::new("report.yaml")), Path::new("."));
}

#[test]
fn photos_of_a_folder_come_from_each_sub_folder_in_turn_and_have_names() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "cat/1.png",
        "cat/2.png",
        "cat/3.png",
        "cat/4.png",
        "dog/a b.jpg",
        "dog/1.png",
        "dog/note.txt",
    ] {
        let file = folder.path().join(name);
        crate::fs::create_directory(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    let mut wanted = Wanted {
        model: PathBuf::from("net.pt2"),
        architecture: None,
        weights: None,
        output: None,
        images: vec![folder.path().to_owned()],
        classes: None,
        labelled: None,
        groups: None,
        language: Language::English,
        title: None,
        spec: PathBuf::from("report.yaml"),
        pages_beside: false,
    };
    let photos = Photos::find(&wanted).unwrap();
    let below = |file: &PathBuf| {
        file.strip_prefix(folder.path())
            .unwrap()
            .display()
            .to_string()
    };
    let names: Vec<String> = photos.files.iter().map(below).collect();
    assert_eq!(
        names,
        [
            "cat/1.png",
            "dog/1.png",
            "cat/2.png",
            "dog/a b.jpg",
            "cat/3.png",
            "cat/4.png"
        ]
    );
    assert_eq!(
        photos.ids(),
        [
            "photo-1",
            "photo-1-2",
            "photo-2",
            "a-b",
            "photo-3",
            "photo-4"
        ]
    );
    assert_eq!(photos.left_out, 0);
    wanted.images = Vec::new();
    let said = Photos::find(&wanted).err().map(|fault| fault.hint);
    assert!(said.unwrap().contains("--images"));
}
