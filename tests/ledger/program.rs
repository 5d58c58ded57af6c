//! `rolecall track verify`, and stock tools on the ledger's files.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rolecall::ledger::store::Ledger;
use rolecall::signing::key::PublicKey;
use rolecall::signing::note::Note;
use serde_json::{Value, json};

use super::fixture::*;

fn track_verify(dir: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.env_clear().args(["track", "verify", "--ledger"]).arg(dir).args(more).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A package as an auditor keeps it: its report pins the checkpoint.
fn package(folder: &Path, ledger: &Ledger) -> String {
    fs::create_dir_all(folder).unwrap();
    let report = json!({ "schema": "rolecall.report/1", "tool": {}, "inputs": { "ledger": ledger.checkpoint(), "options": {} } });
    fs::write(folder.join("report.json"), report.to_string()).unwrap();
    folder.display().to_string()
}

#[test]
fn a_good_ledger_is_0_and_everything_else_4_or_2() {
    let (place, dir) = made();
    let old = package(&place.path().join("march"), &Ledger::read(&dir).unwrap().unwrap());
    Ledger::append(&dir, vec![note("six")], &bob(), TIME).unwrap();
    let pem = place.path().join("ann.pem");
    fs::write(&pem, ann().key.public().pem()).unwrap();
    let (pem, bob) = (pem.display().to_string(), bob().key.public().fingerprint());
    let both = ["--trust", pem.as_str(), "--fingerprint", bob.as_str()];

    let done = track_verify(&dir, &[&both[..], &["--against", &old]].concat());
    assert_eq!((done.status.code(), text(&done.stdout).lines().last()), (Some(0), Some("PASSED")), "{}", text(&done.stdout));
    let done = track_verify(&dir, &[&both[..], &["--against", &format!("{old}/report.json"), "--format", "json"]].concat());
    let json: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        (&json["verdict"], &json["ledger"]["size"], json["consistency"][0]["pinned"]["size"].as_u64()),
        (&json!("PASSED"), &json!(6), Some(5))
    );
    assert!(!json["consistency"][0]["proof"].as_array().unwrap().is_empty());

    let done = track_verify(&dir, &[]);
    assert_eq!((done.status.code(), text(&done.stdout).lines().last()), (Some(4), Some("INDETERMINATE")));
    let done = track_verify(&dir, &both[..2]);
    assert_eq!((done.status.code(), text(&done.stdout).contains("[untrusted-actor]")), (Some(4), true));
    put_lines(&dir, &read_lines(&dir)[..3]);
    let done = track_verify(&dir, &[&both[..], &["--against", &old]].concat());
    assert_eq!((done.status.code(), text(&done.stdout).contains("[ledger-truncated]")), (Some(4), true));

    for wrong in [&["--fingerprint", "abc"][..], &["--trust", "nowhere.pem"], &["--against", "nowhere"], &["--against", &pem]] {
        let done = track_verify(&dir, wrong);
        assert_eq!((done.status.code(), done.stdout.is_empty()), (Some(2), true), "{wrong:?}");
    }
}

#[test]
fn names_that_would_steer_a_terminal_are_written_out() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("ledger");
    Ledger::append(&dir, vec![note("one")], &key(1, "Ann\u{1b}[2J\u{202e}\nPASSED"), TIME).unwrap();
    for format in ["human", "json"] {
        let out = text(&track_verify(&dir, &["--format", format]).stdout);
        assert!(!out.contains('\u{1b}') && (format == "json" || !out.contains('\u{202e}')), "{out}");
        assert!(out.lines().all(|line| line != "PASSED"), "{out}");
    }
}

/// openssl accepts what was signed: a line's envelope, the checkpoint, and the example of the notes' specification.
#[test]
fn openssl_verifies_checkpoints_and_lines_and_refuses_them_altered() {
    let (place, dir) = made();
    let note = Note::parse(&fs::read(dir.join("checkpoint")).unwrap()).unwrap();
    let envelope = rolecall::signing::dsse::Envelope::parse(read_lines(&dir)[2].as_bytes()).unwrap();
    let example = "This is an example message.\n\n\u{2014} example.com/foo \
                   Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let example = Note::parse(example.as_bytes()).unwrap();
    let key = rolecall::signing::base64::decode("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").unwrap();
    let key = PublicKey::from_bytes(key[1..].try_into().unwrap()).unwrap();
    let signed = rolecall::signing::dsse::pae(&envelope.payload_type, &envelope.payload);
    for (what, message, sig, key) in [
        ("a checkpoint", note.text.as_bytes(), &note.signatures[0].sig, ann().key.public()),
        ("a line", signed.as_slice(), &envelope.signatures[0].sig, bob().key.public()),
        ("the example", example.text.as_bytes(), &example.signatures[0].sig, key),
    ] {
        assert!(openssl(place.path(), message, sig, &key), "{what}");
        let mut other = message.to_vec();
        other[0] ^= 1;
        assert!(!openssl(place.path(), &other, sig, &key), "{what}, altered");
    }
}

fn openssl(place: &Path, message: &[u8], sig: &[u8], key: &PublicKey) -> bool {
    for (name, bytes) in [("message", message), ("sig", sig), ("pub.pem", key.pem().as_bytes())] {
        fs::write(place.join(name), bytes).unwrap();
    }
    let arguments = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "pub.pem", "-sigfile", "sig", "-in", "message"];
    Command::new("openssl").current_dir(place).args(arguments).output().expect("openssl is installed").status.success()
}

/// The commands of docs/ledger.md, taken out of it.
#[test]
fn the_documented_commands_accept_a_ledger_and_refuse_an_altered_one() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ledger.md")).unwrap();
    let commands = document.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let (_place, dir) = made();
    fs::write(dir.join("actor.pem"), ann().key.public().pem()).unwrap();
    let run = || Command::new("sh").args(["-e", "-c", commands]).current_dir(&dir).output().unwrap();
    let done = run();
    assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
    assert_eq!(text(&done.stdout).matches("Signature Verified Successfully").count(), 2);
    let lines = read_lines(&dir);
    let altered = |number: usize| {
        let mut lines = lines.clone();
        let mut envelope = rolecall::signing::dsse::Envelope::parse(lines[number].as_bytes()).unwrap();
        envelope.payload = text(&envelope.payload).replace("fo", "Fo").replace("fi", "Fi").into_bytes();
        lines[number] = envelope.to_json();
        lines
    };
    for number in [3, 4] {
        put_lines(&dir, &altered(number));
        assert!(!run().status.success(), "line {}", number + 1);
    }
    put_lines(&dir, &lines);
    let checkpoint = fs::read_to_string(dir.join("checkpoint")).unwrap();
    fs::write(dir.join("checkpoint"), checkpoint.replace("\n5\n", "\n4\n")).unwrap();
    assert!(!run().status.success());
}
