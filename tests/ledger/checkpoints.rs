//! Attacks on checkpoints by who holds the key of the last line's actor: E5.

use std::fs;

use rolecall::signing::note::{Note, NoteSignature};

use super::fixture::*;

type Attack = (&'static str, fn(&str, &str, &str) -> String, &'static str);

fn signed(text: String, name: &str) -> String {
    Note::sign(text, name, &ann().key).to_string()
}

/// Each is given the origin, the root and the checkpoint as it is, and signs again with the true key.
const ATTACKS: &[Attack] = &[
    ("another origin", |_, root, _| signed(format!("other.example\n5\n{root}\n"), "other.example"), "checkpoint-origin"),
    ("another name for the key", |origin, root, _| signed(format!("{origin}\n5\n{root}\n"), "other.example"), "checkpoint-signature"),
    (
        "somebody else's signature",
        |origin, root, _| Note::sign(format!("{origin}\n5\n{root}\n"), origin, &bob().key).to_string(),
        "checkpoint-signature",
    ),
    ("a smaller size with the root of all", |origin, root, _| signed(format!("{origin}\n4\n{root}\n"), origin), "checkpoint-root"),
    ("a larger size", |origin, root, _| signed(format!("{origin}\n6\n{root}\n"), origin), "ledger-truncated"),
    ("the largest size", |origin, root, _| signed(format!("{origin}\n18446744073709551615\n{root}\n"), origin), "ledger-truncated"),
    ("no lines", |origin, root, _| signed(format!("{origin}\n0\n{root}\n"), origin), "checkpoint-size"),
    ("a leading zero", |origin, root, _| signed(format!("{origin}\n05\n{root}\n"), origin), "checkpoint-form"),
    ("a plus sign", |origin, root, _| signed(format!("{origin}\n+5\n{root}\n"), origin), "checkpoint-form"),
    ("2^64", |origin, root, _| signed(format!("{origin}\n18446744073709551616\n{root}\n"), origin), "checkpoint-form"),
    ("a root without padding", |origin, root, _| signed(format!("{origin}\n5\n{}\n", root.trim_end_matches('=')), origin), "checkpoint-form"),
    ("an extension line", |origin, root, _| signed(format!("{origin}\n5\n{root}\nmore\n"), origin), "checkpoint-form"),
    ("an empty line in the body", |origin, root, _| signed(format!("{origin}\n\n5\n{root}\n"), origin), "checkpoint-form"),
    ("U+2028 in the origin", |origin, root, _| signed(format!("{origin}\u{2028}\n5\n{root}\n"), origin), "checkpoint-form"),
    ("CR in the origin", |origin, root, _| signed(format!("{origin}\r\n5\n{root}\n"), origin), "checkpoint-note"),
    (
        "seventeen signatures",
        |_, _, note| {
            let mut note = Note::parse(note.as_bytes()).unwrap();
            note.signatures.extend((0..16_u8).map(|number| NoteSignature { name: format!("w{number}"), id: [number; 4], sig: vec![number; 64] }));
            note.to_string()
        },
        "checkpoint-note",
    ),
    ("a text that nobody signed", |origin, root, _| format!("{origin}\n5\n{root}\n"), "checkpoint-note"),
    ("nothing", |_, _, _| String::new(), "checkpoint-note"),
    ("no text", |_, _, _| "\u{0}".to_owned(), "checkpoint-note"),
];

#[test]
fn every_attack_on_checkpoints_has_its_code() {
    let (place, dir) = made();
    let note = fs::read_to_string(dir.join("checkpoint")).unwrap();
    let lines: Vec<&str> = note.lines().collect();
    for (at, (what, attack, code)) in ATTACKS.iter().enumerate() {
        for name in ["checkpoint", "checkpoints/5"] {
            let attacked = place.path().join(format!("{at}-{}", name.len()));
            copy(&dir, &attacked);
            fs::write(attacked.join(name), attack(lines[0], lines[2], &note)).unwrap();
            let done = verdict(&attacked, &[]);
            // A copy is held against its name and the ledger first.
            let done_code = done.split(": ").last().unwrap();
            let also: &[&str] = if name == "checkpoint" { &[] } else { &["checkpoint-size", "checkpoint-origin"] };
            assert!(done.starts_with("FAILED ") && (done_code == *code || also.contains(&done_code)), "{what} in {name}: {done}");
        }
    }
    println!("{} attacks on checkpoints, each on the newest and on its copy", ATTACKS.len());
}

#[test]
fn cosignatures_by_others_do_no_harm() {
    let (_place, dir) = made();
    let mut note = Note::parse(&fs::read(dir.join("checkpoint")).unwrap()).unwrap();
    note.signatures.push(NoteSignature { name: "witness.example".to_owned(), id: [1, 2, 3, 4], sig: vec![7; 72] });
    fs::write(dir.join("checkpoint"), note.to_string()).unwrap();
    assert_eq!(verdict(&dir, &[]), "PASSED");
}
