//! The table against the program's own source.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::{Shown, all};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every file of the program without its tests and without this table.
fn program() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let own = |path: &PathBuf| !path.starts_with(root.join("codes")) && *path != root.join("codes.rs");
    files
        .into_iter()
        .filter(own)
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            (path.display().to_string(), code)
        })
        .collect()
}

/// The codes that the source emits, by the forms in which it does.
fn emitted() -> BTreeSet<(String, String)> {
    let forms = [
        // Diagnostics, problems, unreadable files: the first or second argument.
        r#"(?:Diagnostic::new|\bwhole|\bproblem|\bunreadable|\.fail|\bwrong|\.error|\.diagnostic)\(\s*(?:[\w.&:]+(?:\(\))?,\s*)?"([a-z0-9]+(?:-[a-z0-9]+)*)","#,
        r#"\bcode: "([a-z0-9-]+)""#,
        r#"\("([a-z]+(?:-[a-z]+)+)", (?:format!|"|plain|msg|serde)"#,
        // Steps of a verification.
        r#"Step::(?:failed|indeterminate|not_checked)\(\s*[^,;]+,\s*"([a-z0-9-]+)"#,
        r#"\b(?:judge|hold)\([A-Z]+, "([a-z0-9-]+)""#,
        r#"=> failed\(\s*"([a-z0-9-]+)""#,
        // Reasons.
        r#"format!\("([a-z]+(?:-[a-z]+)+|stale): "#,
        r#"\b(?:at|of)\("([a-z-]+)", dataset"#,
        r#"Some\("([a-z]+(?:-[a-z]+)+)"\.to_owned\(\)\)"#,
        r#"(?:then\(\|\| |=> )"([a-z]+(?:-[a-z]+)+)"\.to_owned\(\)"#,
        r#"\(b"[^"]*", "([a-z-]+)", ""#,
    ];
    let forms: Vec<Regex> = forms.iter().map(|form| Regex::new(form).unwrap()).collect();
    let body = Regex::new(r"(?s)fn (?:code\(.*?\n    \}\n|\w+_code\(.*?\n\}\n)").unwrap();
    let literal = Regex::new(r#""([a-z0-9-]+)""#).unwrap();
    let mut found = BTreeSet::new();
    for (file, text) in program() {
        let mut add = |code: &str| found.insert((code.to_owned(), file.clone()));
        for form in &forms {
            for code in form.captures_iter(&text) {
                add(&code[1]);
            }
        }
        for function in body.find_iter(&text) {
            // The encodings have codes too; they are no problem by themselves.
            for code in literal.captures_iter(function.as_str()).filter(|code| !["utf-8", "utf-8-bom"].contains(&&code[1])) {
                add(&code[1]);
            }
        }
    }
    found
}

#[test]
fn every_code_that_the_program_emits_is_explained() {
    let known: BTreeSet<&str> = all().map(|code| code.code).collect();
    let emitted = emitted();
    let unknown: Vec<_> = emitted.iter().filter(|(code, _)| !known.contains(code.as_str())).collect();
    assert!(unknown.is_empty(), "without an explanation in src/codes: {unknown:#?}");
    let told: BTreeSet<&str> = emitted.iter().map(|(code, _)| code.as_str()).collect();
    assert!(told.len() > 120, "the walk over the source finds too little: {}", told.len());
    for sure in
        ["missing-dataset", "stale", "ragged-row", "empty-population", "yaml-duplicate-key", "unknown-key", "pdf", "cut-short", "usage", "same-path"]
    {
        assert!(told.contains(sure), "{sure}");
    }
}

#[test]
fn nothing_is_explained_that_the_program_never_says() {
    let program: Vec<(String, String)> = program();
    for code in all() {
        let said = |text: &str| text.contains(&format!("\"{}\"", code.code)) || text.contains(&format!("\"{}: ", code.code));
        assert!(program.iter().any(|(_, text)| said(text)), "{} is never said", code.code);
    }
}

#[test]
fn entries_are_whole_and_stand_once() {
    let mut seen = BTreeSet::new();
    for code in all() {
        assert!(seen.insert((code.code, format!("{:?}", code.shown))), "{} twice", code.code);
        assert_eq!(code.words.is_some(), code.shown == Shown::Reason, "{}", code.code);
        assert!(code.means.ends_with('.') && code.remedy.ends_with('.'), "{}", code.code);
        assert!(code.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{}", code.code);
    }
}
