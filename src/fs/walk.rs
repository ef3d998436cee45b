//! All files below a folder, each real one once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::parts::special_kind;
use super::{FileError, error};

/// What lies below a folder. Hidden files and folders are left out.
#[derive(Debug, Default)]
pub struct Walked {
    /// In the order of their paths, as they lie below the folder: not resolved.
    pub files: Vec<PathBuf>,
    /// In the order of their paths.
    pub left_out: Vec<(PathBuf, LeftOut)>,
}

/// Why a path below a folder is not among its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// A FIFO, device or socket, by its name in texts; it was not opened.
    Special(&'static str),
    /// A symbolic link to nothing.
    DanglingLink,
    /// A symbolic link to a file or folder that is listed already, or to a folder around this one.
    Repeated(PathBuf),
}

/// Walks `folder`. Symbolic links are followed after everything else, in the order of their paths, so
/// that a file's own place comes before the links to it. Each real file and folder is visited once, so
/// that loops of links end.
pub fn walk(folder: &Path) -> Result<Walked, FileError> {
    let root = std::fs::canonicalize(folder).map_err(error("list", folder))?;
    let mut walk = Walk {
        files: BTreeMap::new(),
        folders: BTreeSet::new(),
        links: VecDeque::new(),
        left_out: Vec::new(),
    };
    walk.folder(folder, &root)?;
    while let Some(link) = walk.links.pop_front() {
        walk.link(&link, &root)?;
    }
    let mut files: Vec<PathBuf> = walk.files.into_values().collect();
    files.sort();
    walk.left_out.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Walked {
        files,
        left_out: walk.left_out,
    })
}

struct Walk {
    /// Real path and the path that it is listed under.
    files: BTreeMap<PathBuf, PathBuf>,
    /// Real paths.
    folders: BTreeSet<PathBuf>,
    /// Still to follow.
    links: VecDeque<PathBuf>,
    left_out: Vec<(PathBuf, LeftOut)>,
}

impl Walk {
    /// Lists what lies below `shown`, whose real path is `real`.
    fn folder(&mut self, shown: &Path, real: &Path) -> Result<(), FileError> {
        let real_path = |path: &Path| real.join(path.strip_prefix(shown).unwrap_or(path));
        // A link is never descended into here, thus every path below `shown` is real below `real`.
        let mut entries = WalkDir::new(shown).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|failure| {
                let path = failure.path().unwrap_or(shown).to_owned();
                error("list", &path)(failure.into())
            })?;
            let is_root = entry.depth() == 0;
            if !is_root && entry.file_name().to_string_lossy().starts_with('.') {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            let kind = entry.file_type();
            if kind.is_dir() || is_root {
                if !self.folders.insert(real_path(entry.path())) {
                    entries.skip_current_dir();
                }
            } else if kind.is_symlink() {
                self.links.push_back(entry.into_path());
            } else if let Some(special) = special_kind(kind) {
                let left_out = (entry.into_path(), LeftOut::Special(special));
                self.left_out.push(left_out);
            } else {
                self.file(real_path(entry.path()), entry.into_path());
            }
        }
        Ok(())
    }

    fn file(&mut self, real: PathBuf, shown: PathBuf) {
        match self.files.get(&real) {
            Some(first) => self
                .left_out
                .push((shown, LeftOut::Repeated(first.clone()))),
            None => drop(self.files.insert(real, shown)),
        }
    }

    fn link(&mut self, shown: &Path, root: &Path) -> Result<(), FileError> {
        let Ok(real) = std::fs::canonicalize(shown) else {
            self.left_out
                .push((shown.to_owned(), LeftOut::DanglingLink));
            return Ok(());
        };
        let metadata = std::fs::metadata(&real).map_err(error("read", shown))?;
        if let Some(special) = special_kind(metadata.file_type()) {
            let left_out = (shown.to_owned(), LeftOut::Special(special));
            self.left_out.push(left_out);
        } else if !metadata.is_dir() {
            self.file(real, shown.to_owned());
        } else if root.starts_with(&real) || self.folders.contains(&real) {
            self.left_out
                .push((shown.to_owned(), LeftOut::Repeated(real)));
        } else {
            self.folder(shown, &real)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        folder
    }

    fn names(folder: &Path, paths: &[PathBuf]) -> Vec<String> {
        let below = |path: &PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
        paths.iter().map(below).collect()
    }

    #[test]
    fn files_come_in_order_and_hidden_ones_do_not() {
        let folder = folder_with(&["b/2", "b/10", "a/1", "c", ".hidden", ".git/a"]);
        let walked = walk(folder.path()).unwrap();
        let expected = ["a/1", "b/10", "b/2", "c"];
        assert_eq!(names(folder.path(), &walked.files), expected);
        assert_eq!(walked.left_out, []);
        assert!(walk(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn each_real_file_is_listed_once() {
        let folder = folder_with(&["root/cat/1", "root/dog/2", "pool/3", "pool/more/4"]);
        let root = folder.path().join("root");
        let link = |to: &str, at: &str| symlink(to, root.join(at)).unwrap();
        link(".", "cat/loop");
        link("../..", "cat/around");
        link("../dog", "cat/sibling");
        link("../cat/1", "ant"); // dangling: there is no `../cat` beside the root
        link("cat/1", "again");
        link("../pool", "pool");
        link("../pool/3", "z3");
        let walked = walk(&root).unwrap();
        let expected = ["cat/1", "dog/2", "pool/3", "pool/more/4"];
        assert_eq!(names(&root, &walked.files), expected);
        let reasons: Vec<_> = walked
            .left_out
            .iter()
            .map(|(path, why)| (names(&root, std::slice::from_ref(path)).remove(0), why))
            .collect();
        let real = std::fs::canonicalize(folder.path()).unwrap();
        let repeated = |path: PathBuf| LeftOut::Repeated(path);
        let expected = [
            ("again", repeated(root.join("cat/1"))),
            ("ant", LeftOut::DanglingLink),
            ("cat/around", repeated(real.clone())),
            ("cat/loop", repeated(real.join("root/cat"))),
            ("cat/sibling", repeated(real.join("root/dog"))),
            ("z3", repeated(root.join("pool/3"))),
        ];
        let found: Vec<_> = reasons
            .iter()
            .map(|(n, w)| (n.as_str(), (*w).clone()))
            .collect();
        assert_eq!(found, expected);
    }

    /// Opening a FIFO would wait for ever.
    #[test]
    fn special_files_are_named_and_not_opened() {
        let folder = folder_with(&["a"]);
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        symlink("/dev/zero", folder.path().join("zero")).unwrap();
        let walked = walk(folder.path()).unwrap();
        assert_eq!(names(folder.path(), &walked.files), ["a"]);
        let kinds: Vec<_> = walked.left_out.into_iter().map(|(_, why)| why).collect();
        assert_eq!(
            kinds,
            [LeftOut::Special("a FIFO"), LeftOut::Special("a device")]
        );
    }
}
