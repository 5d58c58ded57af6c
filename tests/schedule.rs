//! `docs/schedule.md`: every snippet parses, and its script handles every exit code.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const SCHEDULE: &str = include_str!("../docs/schedule.md");

/// The fenced blocks: what stands behind the fence, and the text.
fn blocks() -> Vec<(&'static str, String)> {
    let mut blocks = Vec::new();
    let mut lines = SCHEDULE.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((info, text.join("\n") + "\n"));
        }
    }
    blocks
}

fn files() -> BTreeMap<&'static str, String> {
    blocks().into_iter().filter_map(|(info, text)| Some((info.split_once("file=")?.1, text))).collect()
}

/// Whether a program is there, so that what it says counts.
fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|done| done.status.success())
}

fn bash_takes(text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    std::fs::write(&file, text).unwrap();
    let done = Command::new("bash").arg("-n").arg(&file).output().expect("bash is there");
    assert!(done.status.success(), "{}: {text}", String::from_utf8_lossy(&done.stderr));
}

/// All texts of several lines: the scripts in a workflow.
fn scripts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains('\n') => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| scripts(item, found)),
        Value::Object(members) => members.values().for_each(|member| scripts(member, found)),
        _ => {}
    }
}

#[test]
fn every_snippet_parses() {
    let files = files();
    assert_eq!(
        files.keys().copied().collect::<Vec<_>>(),
        ["cronjob.yaml", "github.yaml", "gitlab.yaml", "rolecall-nightly", "rolecall.service", "rolecall.timer"]
    );
    bash_takes(&files["rolecall-nightly"]);
    for name in ["github.yaml", "gitlab.yaml", "cronjob.yaml"] {
        let document: Value = serde_saphyr::from_str(&files[name]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut found = Vec::new();
        scripts(&document, &mut found);
        assert!(!found.is_empty(), "{name}");
        found.iter().for_each(|script| bash_takes(script));
    }
    let crontab = blocks().into_iter().find(|(info, _)| *info == "crontab").unwrap().1;
    let line = crontab.lines().find(|line| line.contains("rolecall")).unwrap();
    let fields: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(fields.len(), 6, "{line}");
    assert!(fields[..5].iter().all(|field| *field == "*" || field.parse::<u8>().is_ok()), "{line}");
}

#[test]
fn systemd_takes_its_units() {
    if !is_there("systemd-analyze") {
        eprintln!("systemd-analyze is not there: not checked");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let files = files();
    for name in ["rolecall.service", "rolecall.timer"] {
        // The script is not installed here, nor is there the account.
        let text = files[name].replace("/usr/local/libexec/rolecall-nightly", "/bin/true").replace("User=rolecall\n", "");
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let done = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(folder.path().join("rolecall.service"))
        .arg(folder.path().join("rolecall.timer"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    let own: Vec<&str> = said.lines().filter(|line| line.contains("rolecall.")).collect();
    assert!(done.status.success() && own.is_empty(), "{said}");
}

/// The script with a stand-in for the program that notes how it was called.
#[cfg(unix)]
#[test]
fn the_script_handles_every_exit_code_and_gives_no_secret_away() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    };
    let script = write("rolecall-nightly", &files()["rolecall-nightly"]);
    write("passphrase", "correct horse\n");
    write(
        "rolecall",
        "#!/bin/bash\nprintf '%s\\n' \"$@\" > \"$AUDIT/called\"\nenv >> \"$AUDIT/called\"\ncat <&3 > \"$AUDIT/passphrase-read\"\nexit \"$CODE\"\n",
    );
    for (code, word) in [(0, "nothing new"), (1, "NEW OR REOPENED"), (2, "NOT SCANNED"), (3, "INCOMPLETE"), (4, "INTEGRITY BROKEN"), (137, "killed")]
    {
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let done = Command::new("bash")
            .arg(&script)
            .env_clear()
            .env("PATH", &path)
            .env("CODE", code.to_string())
            .env("AUDIT", folder.path())
            .env("CREDENTIALS_DIRECTORY", folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(if code == 0 { &done.stdout } else { &done.stderr }).into_owned();
        assert_eq!(done.status.code(), Some(code), "{said}");
        assert!(said.contains(word), "{code}: {said}");
        let called = std::fs::read_to_string(folder.path().join("called")).unwrap();
        assert!(!called.contains("correct horse"), "{called}");
        assert_eq!(std::fs::read_to_string(folder.path().join("passphrase-read")).unwrap(), "correct horse\n");
    }
    // Every option that it gives is one of scan's.
    let help = String::from_utf8(common::rolecall(&["scan", "--help"]).stdout).unwrap();
    let called = std::fs::read_to_string(folder.path().join("called")).unwrap();
    for option in called.lines().filter(|line| line.starts_with("--")) {
        assert!(help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")), "{option}: {help}");
    }
}

#[test]
fn every_link_and_code_is_there() {
    for code in 0..=4 {
        assert!(SCHEDULE.contains(&format!("\n| {code} | ")), "{code}");
    }
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schedule.md").is_file());
}
