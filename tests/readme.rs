//! The README, followed to the letter: its files are written, its commands run.

mod common;

use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../README.md");

/// Fenced blocks of a section: what stands behind the fence, and the text.
fn blocks(heading: &str) -> Vec<(&'static str, String)> {
    let section = README.split_once(heading).expect("the section is there").1;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let mut blocks = Vec::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((info, text.join("\n") + "\n"));
        }
    }
    blocks
}

#[test]
fn an_own_control_is_written_tested_and_scanned_as_the_readme_says() {
    let folder = tempfile::tempdir().unwrap();
    common::copy(&common::organisation("meridian"), &folder.path().join("fixtures/organisations/meridian"));
    let mut codes = Vec::new();
    for (info, text) in blocks("\n## Write your own control\n") {
        if let Some((_, file)) = info.split_once("file=") {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        } else if info == "sh" {
            for command in text.lines() {
                let words: Vec<&str> = command.split_whitespace().collect();
                assert_eq!(words[0], "rolecall");
                let output = Command::new(env!("CARGO_BIN_EXE_rolecall")).args(&words[1..]).current_dir(folder.path()).output().unwrap();
                codes.push(output.status.code().unwrap());
                assert!(output.status.code().unwrap() < 2, "{command}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
    assert_eq!(codes, [0, 0, 1]);
    assert!(folder.path().join("rolecall-report/report.html").is_file());
}

#[test]
fn frameworks_are_shown_as_the_readme_says() {
    let program = Path::new(env!("CARGO_BIN_EXE_rolecall")).parent().unwrap().to_str().unwrap().to_owned();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap());
    let (mut shown, all) = (Vec::new(), blocks("\n## Frameworks, as published\n"));
    for command in all.iter().filter(|(info, _)| *info == "sh").flat_map(|(_, text)| text.lines()) {
        let output = Command::new("sh").args(["-c", command]).env("PATH", &path).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        shown.push(String::from_utf8(output.stdout).unwrap());
    }
    let wanted = ["official: NIST OLIR 155", "nist-800-53-r5", "OV-MGT-001 Information Systems Security Manager -> OG-WRL-014"];
    assert!(shown.len() == wanted.len() && shown.iter().zip(wanted).all(|(shown, wanted)| shown.contains(wanted)), "{shown:#?}");
}

#[test]
fn its_two_commands_are_those_that_are_run_elsewhere() {
    let commands: Vec<String> = blocks("\n## Try it\n").into_iter().map(|(_, text)| text.trim().to_owned()).collect();
    assert_eq!(commands, ["cargo run --release --locked -- scan fixtures/organisations/meridian", "cargo test --locked"]);
    let ci = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).unwrap();
    assert!(ci.lines().any(|line| line == commands[1]), "continuous integration runs exactly the README's test command");
}

#[test]
fn every_file_that_it_links_is_there() {
    for link in README.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
        if !link.starts_with("https://") {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(), "{link}");
        }
    }
}
