//! The string literals of Rust files, told apart by what they are for.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// A string literal.
pub(crate) struct Literal {
    file: PathBuf,
    line: usize,
    /// As the program has it: without escapes, and without the line breaks that `\` joins.
    pub(crate) text: String,
    /// The code in front, back to the statement's begin.
    before: String,
    pub(crate) is_test: bool,
}

impl Literal {
    /// Whether a user can come to see it: not what the compiler says, and not what a panic would.
    pub(crate) fn is_said(&self) -> bool {
        const COMPILER: [&str; 5] = ["must_use", "reason", "message", "label", "note"];
        const PANICS: [&str; 5] = [
            "expect(",
            "panic!(",
            "unreachable!(",
            "assert!(",
            "assert_eq!(",
        ];
        let before = self.before.trim_end();
        let attribute = before.strip_suffix('=').map(str::trim_end);
        let attribute = attribute.filter(|before| before.contains("#[") || before.contains("#!["));
        let is_compiler =
            attribute.is_some_and(|name| COMPILER.iter().any(|end| name.ends_with(end)));
        !self.is_test && !is_compiler && !PANICS.iter().any(|macro_| before.contains(macro_))
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line) = (self.file.display(), self.line);
        write!(f, "{file}:{line}: {}", self.text)
    }
}

/// All literals of the Rust files in a folder, whatever is below it.
pub(crate) fn literals(folder: &Path) -> Vec<Literal> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let is_built = path.ends_with("target") && path.join("debug").exists();
            if path.is_dir() && !is_built {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                read(&path, &mut found);
            }
        }
    }
    found
}

fn read(path: &Path, found: &mut Vec<Literal>) {
    let source = fs::read_to_string(path).unwrap();
    let is_test_file = path.iter().any(|part| part == "tests") || path.ends_with("tests.rs");
    // Tests stand at the end of a file.
    let tests = source.find("#[cfg(test)]\nmod ").unwrap_or(source.len());
    let mut scanner = Scanner {
        source: &source,
        at: 0,
        statement: 0,
    };
    while let Some((start, text)) = scanner.next_literal() {
        found.push(Literal {
            file: path.to_owned(),
            line: source[..start].matches('\n').count() + 1,
            text,
            before: source[scanner.statement..start].to_owned(),
            is_test: is_test_file || start > tests,
        });
    }
}

/// Goes through a file from literal to literal, past comments and characters.
struct Scanner<'a> {
    source: &'a str,
    at: usize,
    statement: usize,
}

impl Scanner<'_> {
    fn next_literal(&mut self) -> Option<(usize, String)> {
        loop {
            let rest = &self.source[self.at..];
            let first = rest.chars().next()?;
            let start = self.at;
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").unwrap() + 2;
            } else if let Some(hashes) = raw(rest).filter(|_| !self.is_in_name()) {
                let open = 2 + hashes.len();
                let length = rest[open..].find(&format!("\"{hashes}")).unwrap();
                self.at += open + length + 1 + hashes.len();
                return Some((start, rest[open..open + length].to_owned()));
            } else if first == '"' {
                return Some((start, self.plain()));
            } else if first == '\'' {
                self.at += character(rest);
            } else {
                self.at += first.len_utf8();
                if let ';' | '{' | '}' = first {
                    self.statement = self.at;
                }
            }
        }
    }

    fn is_in_name(&self) -> bool {
        let last = self.source[..self.at].chars().next_back();
        last.is_some_and(|last| last.is_alphanumeric() || last == '_')
    }

    /// The literal that begins here, up to its quote.
    fn plain(&mut self) -> String {
        let mut text = String::new();
        let mut rest = self.source[self.at + 1..].char_indices();
        loop {
            match rest.next().expect("a literal ends") {
                (end, '"') => {
                    self.at += end + 2;
                    return text;
                }
                (_, '\\') => match rest.next().expect("an escape ends").1 {
                    '\n' => {
                        let next = rest.as_str().trim_start();
                        let skipped = rest.as_str().len() - next.len();
                        for _ in 0..rest.as_str()[..skipped].chars().count() {
                            rest.next();
                        }
                    }
                    'n' => text.push('\n'),
                    other => text.push(other),
                },
                (_, other) => text.push(other),
            }
        }
    }
}

/// The hashes of the raw literal that begins here.
fn raw(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix('r')?;
    let hashes = rest.find('"')?;
    rest[..hashes]
        .bytes()
        .all(|byte| byte == b'#')
        .then(|| &rest[..hashes])
}

/// The length of a character, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let escaped = rest[1..].starts_with('\\');
    let body = if escaped {
        3
    } else {
        1 + rest[1..].chars().next().map_or(0, char::len_utf8)
    };
    match rest[body..].find('\'') {
        Some(0) => body + 1,
        Some(length) if escaped => body + length + 1,
        _ => 1,
    }
}
