use std::collections::BTreeSet;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Case {
    vkey: String,
    note: String,
    expect: String,
    checkpoint: Option<String>,
    why: String,
}

/// Name and key of a verifier key.
fn verifier(vkey: &str) -> (String, PublicKey) {
    let (name, rest) = vkey.split_once('+').unwrap();
    let bytes = base64::decode(rest.split_once('+').unwrap().1).unwrap();
    let key = PublicKey::from_bytes(bytes[1..].try_into().unwrap()).unwrap();
    assert_eq!(super::vkey(name, &key), vkey);
    (name.to_owned(), key)
}

#[test]
fn notes_and_checkpoints_are_judged_as_the_vectors_say() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../../fixtures/vectors/note/notes.json")).unwrap();
    let mut seen = BTreeSet::new();
    for Case { vkey, note, expect, checkpoint, why } in &cases {
        let (name, key) = verifier(vkey);
        let bytes = base64::decode(note).unwrap();
        let parsed = Note::parse(&bytes);
        let done = match &parsed {
            Err(_) => "note",
            Ok(note) if note.verify(&name, &key).is_err() => "signature",
            Ok(_) => "good",
        };
        assert_eq!(done, expect, "{why}: {parsed:?}");
        if let Ok(note) = &parsed {
            assert_eq!(note.to_string().as_bytes(), bytes, "{why}: written as it was read");
        }
        if let (Some(expected), Ok(note)) = (checkpoint, &parsed) {
            let read = Checkpoint::parse(&note.text);
            let done = match &read {
                Ok(_) => "good",
                Err(CheckpointError::Lines) => "lines",
                Err(CheckpointError::Origin) => "origin",
                Err(CheckpointError::Size) => "size",
                Err(CheckpointError::Root) => "root",
            };
            assert_eq!(done, expected, "{why}");
            assert!(read.is_err() || read.unwrap().to_string() == note.text, "{why}: written as it was read");
            seen.insert(done);
        }
        seen.insert(done);
    }
    assert_eq!(seen.len(), 7, "every verdict is among the vectors: {seen:?}");
    assert!(cases.len() > 70);
}

#[test]
fn every_flipped_bit_of_a_checkpoint_is_refused() {
    let key = SecretKey::from_seed(&[3; 32]);
    let checkpoint = Checkpoint { origin: "rolecall.ledger/00".to_owned(), size: 12, root: [7; 32] };
    let note = checkpoint.sign(&key).to_string().into_bytes();
    let accepted = |bytes: &[u8]| {
        Note::parse(bytes).is_ok_and(|note| note.verify(&checkpoint.origin, &key.public()).is_ok() && Checkpoint::parse(&note.text).is_ok())
    };
    assert!(accepted(&note));
    for bit in 0..note.len() * 8 {
        let mut flipped = note.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepted(&flipped), "bit {bit}");
    }
}

#[test]
fn a_note_longer_than_any_is_not_looked_at() {
    let note = Note::sign(format!("{}\n", "x".repeat(MOST_BYTES)), "log.example", &SecretKey::from_seed(&[3; 32]));
    assert_eq!(Note::parse(note.to_string().as_bytes()), Err(NoteError::TooLarge));
}

#[test]
fn names_are_texts_without_blanks_plus_signs_and_hidden_characters() {
    for (name, good) in
        [("log.example/42", true), ("rolecall.ledger/00ff", true), ("ä", true), ("", false), ("a b", false), ("a+b", false), ("a\u{202e}b", false)]
    {
        assert_eq!(is_name(name), good, "{name:?}");
    }
}
