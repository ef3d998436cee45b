//! Every path that a source file names, whatever it is written in: `use` trees, types, expressions, patterns,
//! macros and the strings of attributes.

use std::path::Path;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A path from the root of its crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Counted from 1.
    pub line: usize,
    /// `crate` for our own, else the first segment: another crate, or a name in scope.
    pub root: String,
    /// What follows; empty for the root itself, `*` where everything is imported.
    pub first: String,
    /// All segments behind the root.
    pub path: Vec<String>,
}

/// `[explain, lime, masks]` for `explain/lime/masks.rs`; `mod.rs` and `lib.rs` are their folder.
pub fn module_of(below_src: &Path) -> Vec<String> {
    let path = below_src.with_extension("");
    let mut module: Vec<String> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if module
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        module.pop();
    }
    module
}

/// Whether the whole file is tests: `tests.rs`, `…_tests.rs`, or below a folder `tests`.
pub fn is_test_file(module: &[String]) -> bool {
    module
        .iter()
        .any(|part| part == "tests" || part.ends_with("_tests"))
}

/// All paths of a file but those in `#[cfg(test)] mod tests { … }`.
pub fn named(text: &str, module: Vec<String>) -> Result<Vec<Named>, syn::Error> {
    let mut reader = Reader {
        module,
        found: Vec::new(),
    };
    reader.visit_file(&syn::parse_file(text)?);
    Ok(reader.found)
}

struct Reader {
    /// Where we are, inline modules included.
    module: Vec<String>,
    found: Vec<Named>,
}

impl Reader {
    /// Resolves `self` and `super`; a path of one segment names something in scope and is left out, unless it
    /// is imported.
    fn take(&mut self, segments: &[String], line: usize) {
        let mut place = self.module.clone();
        let mut is_ours = false;
        let mut rest = segments;
        while let [first, behind @ ..] = rest {
            match first.as_str() {
                "crate" => place.clear(),
                "super" => drop(place.pop()),
                "self" => {}
                _ => break,
            }
            is_ours = true;
            rest = behind;
        }
        if is_ours {
            place.extend(rest.iter().cloned());
        } else {
            place = rest.to_vec();
        }
        let mut place = place.into_iter();
        let root = match is_ours {
            true => "crate".to_owned(),
            false => place.next().unwrap_or_default(),
        };
        let path: Vec<String> = place.collect();
        self.found.push(Named {
            line,
            root,
            first: path.first().cloned().unwrap_or_default(),
            path,
        });
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&path.tree, &with(path.ident.to_string())),
            syn::UseTree::Name(syn::UseName { ident, .. })
            | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                self.take(&with(ident.to_string()), line(ident.span()));
            }
            syn::UseTree::Glob(glob) => {
                let span = glob.star_token.spans[0];
                self.take(&with("*".to_owned()), line(span));
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, before);
                }
            }
        }
    }

    /// `a::b` among the tokens of a macro or an attribute, which syn does not read.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut start = 1;
        let mut colons = 0;
        for token in tokens {
            let continues = colons == 2 || (path.is_empty() && colons == 0);
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    if !continues {
                        self.finish(&mut path, start);
                    }
                    if path.is_empty() {
                        start = line(ident.span());
                    }
                    path.push(ident.to_string());
                }
                TokenTree::Group(group) => {
                    self.finish(&mut path, start);
                    self.tokens(group.stream());
                }
                TokenTree::Literal(literal) => {
                    self.finish(&mut path, start);
                    self.quoted(&literal.to_string(), line(literal.span()));
                }
                TokenTree::Punct(_) => self.finish(&mut path, start),
            }
            colons = 0;
        }
        self.finish(&mut path, start);
    }

    fn finish(&mut self, path: &mut Vec<String>, start: usize) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.take(&path, start);
        }
    }

    /// `"crate::spec::input"`, as serde and schemars take a function's name.
    fn quoted(&mut self, literal: &str, line: usize) {
        let Ok(path) = syn::parse_str::<syn::Path>(literal.trim_matches('"')) else {
            return;
        };
        if path.segments.len() > 1 {
            self.take(&segments(&path), line);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident == "tests" && item.attrs.iter().any(is_cfg_test) {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &[]);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.take(&[item.ident.to_string()], line(item.ident.span()));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let first = &path.segments[0].ident;
            self.take(&segments(path), line(first.span()));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        visit::visit_macro(self, called);
        self.tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if !attribute.path().is_ident("doc") {
            visit::visit_attribute(self, attribute);
            match &attribute.meta {
                syn::Meta::List(list) => self.tokens(list.tokens.clone()),
                syn::Meta::Path(_) | syn::Meta::NameValue(_) => {}
            }
        }
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

fn line(span: Span) -> usize {
    span.start().line
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Path>()
            .is_ok_and(|condition| condition.is_ident("test"))
}
