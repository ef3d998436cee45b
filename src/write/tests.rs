use super::*;

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

const FOLDER: &str = "my report_files";

/// A picture named as the program names it.
fn picture(content: &str) -> File {
    let digest = Sha256::digest(content);
    let digits: String = digest[..4].iter().map(|b| format!("{b:02x}")).collect();
    (format!("fig-a.{digits}.png"), content.as_bytes().to_vec())
}

/// Pages of three formats that all say `text`; the Markdown refers to the pictures as it does in truth.
fn report(text: &str, pictures: &[&str]) -> Files {
    let pictures: Vec<File> = pictures.iter().map(|content| picture(content)).collect();
    let mut markdown = text.to_owned();
    for (name, _) in &pictures {
        markdown += &format!("\n![a](my%20report_files/{name})");
    }
    let page = |extension: &str, text: &str| (format!("my report.{extension}"), text.into());
    Files {
        pages: vec![
            page("html", text),
            page("md", &markdown),
            page("json", text),
        ],
        folders: vec![(FOLDER.to_owned(), pictures)],
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect()
}

fn page(folder: &Path, extension: &str) -> String {
    std::fs::read_to_string(folder.join(format!("my report.{extension}"))).unwrap()
}

#[test]
fn a_second_build_removes_its_own_old_pictures_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join(FOLDER);
    std::fs::create_dir(&pictures).unwrap();
    let own = [
        "holiday.20240101.jpg",
        "IMG.deadbeef.png",
        "scan.12345678.svg",
        "mine.png",
    ];
    for name in own {
        std::fs::write(pictures.join(name), "precious").unwrap();
    }
    // Named by its content as ours are, but no page has ever referred to it.
    let (copied, content) = picture("a copy that the user keeps");
    std::fs::write(pictures.join(&copied), content).unwrap();
    // A page of ours refers to a picture of the user's, in the author's words.
    let first = report(
        "one, ![](my report_files/holiday.20240101.jpg)",
        &["1", "2"],
    );
    write(folder.path(), &first).unwrap();
    write(folder.path(), &report("two", &["2", "3"])).unwrap();
    let mut expected: BTreeSet<String> = own.map(str::to_owned).into();
    expected.extend([copied, picture("2").0, picture("3").0]);
    assert_eq!(names(&pictures), expected);
    assert!(page(folder.path(), "md").starts_with("two"));
    // A build of the other formats only leaves the Markdown whole.
    let mut other = report("three", &[]);
    other.pages.remove(1);
    other.folders = vec![("my report_data".to_owned(), Vec::new())];
    write(folder.path(), &other).unwrap();
    assert_eq!(names(&pictures), expected);
    assert!(!folder.path().join("my report_data").exists());
    // A report without pictures removes the last ones of ours.
    write(folder.path(), &report("four", &[])).unwrap();
    assert!(!names(&pictures).contains(&picture("3").0));
    assert_eq!(names(&pictures).len(), 5);
}

/// The report as a page of its own and one for each of `questions`.
fn split(questions: &[usize]) -> Files {
    let made_by_us = "<meta name=\"generator\" content=\"cnn-report\">";
    let links = questions.iter();
    let links = links.map(|n| format!("<a href=\"my%20report-question-{n}.html#question-{n}\">"));
    let mut pages = vec![(
        "my report.html".to_owned(),
        links.collect::<String>().into(),
    )];
    let of_question = |n: &usize| (format!("my report-question-{n}.html"), made_by_us.into());
    pages.extend(questions.iter().map(of_question));
    Files {
        pages,
        folders: Vec::new(),
    }
}

#[test]
fn pages_of_questions_that_are_gone_are_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let ours = String::from_utf8(split(&[1]).pages[1].1.clone()).unwrap();
    write(folder.path(), &split(&[1, 2, 3, 4])).unwrap();
    // The user's: named as ours with no link from our page, of another report, written over, linked.
    put("my report-question-9.html", &ours);
    put("my other-question-3.html", &ours);
    put("my report-question-4.html", "<h1>notes</h1>");
    std::fs::remove_file(folder.path().join("my report-question-2.html")).unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.path().join("my report-question-2.html"))
        .unwrap();
    write(folder.path(), &split(&[1])).unwrap();
    let kept = [
        "my report.html",
        "my report-question-1.html",
        "my report-question-2.html",
        "my report-question-4.html",
        "my report-question-9.html",
        "my other-question-3.html",
    ];
    let html = || {
        let mut found = names(folder.path());
        found.retain(|name| name.ends_with(".html"));
        found
    };
    assert_eq!(html(), kept.map(str::to_owned).into());

    // Of the other formats only: the pages stay, for the one that leads to them does.
    let mut markdown = report("text", &[]);
    markdown.pages.remove(0);
    write(folder.path(), &markdown).unwrap();
    assert_eq!(html(), kept.map(str::to_owned).into());
    // In one page again.
    write(folder.path(), &split(&[])).unwrap();
    assert!(!html().contains("my report-question-1.html"));
}

#[test]
fn nothing_is_removed_through_a_symbolic_link() {
    let folder = tempfile::tempdir().unwrap();
    let album = folder.path().join("album");
    let output = folder.path().join("output");
    std::fs::create_dir(&album).unwrap();
    std::fs::create_dir(&output).unwrap();
    std::fs::write(album.join(".cnn-report-abcdef"), "precious").unwrap();
    std::os::unix::fs::symlink("../album", output.join(FOLDER)).unwrap();
    write(&output, &report("one", &["1"])).unwrap();
    write(&output, &report("two", &["2"])).unwrap();
    let kept = [
        ".cnn-report-abcdef".to_owned(),
        picture("1").0,
        picture("2").0,
    ];
    assert_eq!(names(&album), kept.into());

    // A link with the name of an old picture of ours, in a folder of ours.
    std::fs::remove_file(output.join(FOLDER)).unwrap();
    write(&output, &report("three", &["3"])).unwrap();
    let shown = output.join(FOLDER).join(picture("3").0);
    std::fs::rename(&shown, album.join("target")).unwrap();
    std::os::unix::fs::symlink("../../album/target", &shown).unwrap();
    write(&output, &report("four", &["4"])).unwrap();
    assert!(shown.is_symlink() && album.join("target").exists());
}

/// Everything below `folder`.
fn everything(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(everything(&path)),
            false => found.push((path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

#[test]
fn a_failed_build_leaves_the_old_report_whole() {
    // A folder stands in the way of one file after another.
    let second = report("two", &["2", "3"]);
    let in_the_way = [
        format!("{FOLDER}/{}", picture("2").0),
        format!("{FOLDER}/{}", picture("3").0),
        "my report.html".to_owned(),
        "my report.md".to_owned(),
        "my report.json".to_owned(),
    ];
    for name in in_the_way {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &report("one", &["1"])).unwrap();
        let path = folder.path().join(&name);
        let _ = std::fs::remove_file(&path);
        std::fs::create_dir_all(path.join("full")).unwrap();
        let before = everything(folder.path());
        let error = write(folder.path(), &second).unwrap_err();
        assert_eq!(error.path, path);
        assert_eq!(everything(folder.path()), before, "{name}");
        // With the hindrance gone, the next build is as any other.
        std::fs::remove_dir_all(&path).unwrap();
        write(folder.path(), &second).unwrap();
        let written = everything(folder.path());
        let is_written = |file: &File| written.iter().any(|(_, content)| *content == file.1);
        let mut expected = second.pages.iter().chain(&second.folders[0].1);
        assert!(expected.all(is_written), "{name}");
    }
}

#[test]
fn what_killed_builds_left_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join(FOLDER);
    std::fs::create_dir(&pictures).unwrap();
    // Killed after its pictures were in place and before its pages were.
    let killed = report("killed", &["2", "1"]);
    std::fs::write(folder.path().join(".cnn-report-a1B2c3"), &killed.pages[1].1).unwrap();
    for (name, content) in &killed.folders[0].1 {
        std::fs::write(pictures.join(name), content).unwrap();
    }
    std::fs::write(pictures.join(".cnn-report-d4E5f6"), "half").unwrap();
    std::fs::write(folder.path().join(".cnn-report-notes"), "the user's").unwrap();
    write(folder.path(), &report("one", &["1"])).unwrap();
    assert_eq!(names(&pictures), [picture("1").0].into());
    let top = names(folder.path());
    assert!(
        top.contains(".cnn-report-notes") && top.len() == 5,
        "{top:?}"
    );
}

#[test]
fn many_builds_into_one_folder_end_in_one_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let done = AtomicBool::new(false);
    let contents: Vec<String> = (0..8).map(|n| format!("build {n}")).collect();
    let build = |text: &str| report(text, &[text, &format!("{text}, second"), "in all"]);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            // A reader meets whole pages at any time.
            while !done.load(Ordering::SeqCst) {
                if let Ok(page) = std::fs::read_to_string(folder.path().join("my report.json")) {
                    assert!(contents.contains(&page), "{page}");
                }
            }
        });
        let builds: Vec<_> = contents
            .iter()
            .map(|text| {
                scope.spawn(|| {
                    (0..10).for_each(|_| drop(write(folder.path(), &build(text)).unwrap()))
                })
            })
            .collect();
        let failed = builds.into_iter().filter_map(|build| build.join().err());
        let failed = failed.count();
        done.store(true, Ordering::SeqCst);
        assert_eq!(failed, 0);
        reader.join().unwrap();
    });
    let last = build(&page(folder.path(), "json"));
    let alone = tempfile::tempdir().unwrap();
    write(alone.path(), &last).unwrap();
    let contents = |folder: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let inside = |(path, content): (PathBuf, Vec<u8>)| {
            (path.strip_prefix(folder).unwrap().to_owned(), content)
        };
        everything(folder).into_iter().map(inside).collect()
    };
    assert_eq!(contents(folder.path()), contents(alone.path()));
}
