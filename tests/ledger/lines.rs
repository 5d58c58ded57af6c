//! Attacks on lines, by those who have no key and by those who have: E1, E7, and hostile spellings.

use std::path::Path;

use rolecall::digest::hex;
use rolecall::ledger::event::{EVENT, Event};
use rolecall::signing::dsse::Envelope;
use rolecall::signing::merkle;

use super::fixture::*;

type Attack = (&'static str, fn(&mut Vec<String>), &'static str);

/// The event of a line, altered and signed again by its true actor.
fn altered(line: &str, by: &rolecall::signing::key_file::KeyFile, change: impl Fn(&mut Event)) -> String {
    let mut event = rolecall::ledger::entry::Entry::parse(line.as_bytes()).unwrap().event;
    change(&mut event);
    seal(&event, by)
}

/// The payload of a line, altered as text and signed again by Ann.
fn respelled(line: &str, payload_type: &str, change: impl Fn(&str) -> String) -> String {
    let payload = String::from_utf8(Envelope::parse(line.as_bytes()).unwrap().payload).unwrap();
    let changed = change(&payload);
    assert_ne!((payload.as_str(), EVENT), (changed.as_str(), payload_type), "the attack changes something");
    Envelope::sign(payload_type, changed.into_bytes(), &ann().key).to_json()
}

const ATTACKS: &[Attack] = &[
    // E1: edit, delete, insert, swap, duplicate.
    (
        "a word of a payload",
        |lines| {
            let mut envelope = Envelope::parse(lines[1].as_bytes()).unwrap();
            envelope.payload = String::from_utf8(envelope.payload).unwrap().replace("two", "ten").into_bytes();
            lines[1] = envelope.to_json();
        },
        "line-signature",
    ),
    (
        "a payload replaced by another's",
        |lines| {
            let of = |line: &str| line.split('"').nth(3).unwrap().to_owned();
            lines[1] = lines[1].replace(&of(&lines[1]), &of(&lines[2]));
        },
        "line-signature",
    ),
    ("an edit by a stranger who signs", |lines| lines[1] = altered(&lines[1], &mallory(), |_| {}), "line-previous"),
    ("an edit by the true actor", |lines| lines[1] = altered(&lines[1], &ann(), |event| event.act = note("never said")), "line-previous"),
    (
        "an edit of the last line by the true actor",
        |lines| lines[4] = altered(&lines[4], &ann(), |event| event.act = note("never said")),
        "checkpoint-root",
    ),
    ("an edit of the last line by somebody else", |lines| lines[4] = altered(&lines[4], &bob(), |_| {}), "checkpoint-signature"),
    ("a line taken out", |lines| drop(lines.remove(2)), "line-sequence"),
    ("the first line taken out", |lines| drop(lines.remove(0)), "line-sequence"),
    ("a line put in", |lines| lines.insert(2, lines[4].clone()), "line-sequence"),
    ("a line doubled", |lines| lines.insert(2, lines[2].clone()), "line-sequence"),
    ("two lines swapped", |lines| lines.swap(1, 2), "line-sequence"),
    (
        "two lines swapped and numbered anew by their actor",
        |lines| {
            let (third, fourth) = (altered(&lines[3], &ann(), |event| event.seq = 4), altered(&lines[4], &ann(), |event| event.seq = 3));
            (lines[3], lines[4]) = (fourth, third);
        },
        "line-previous",
    ),
    ("an empty line", |lines| lines.insert(1, String::new()), "line-envelope"),
    // E7: places and times, each signed by its actor.
    ("a number too high", |lines| lines[4] = altered(&lines[4], &ann(), |event| event.seq = 5), "line-sequence"),
    ("a number given twice", |lines| lines[4] = altered(&lines[4], &ann(), |event| event.seq = 3), "line-sequence"),
    (
        "a first line that follows something",
        |lines| lines[0] = altered(&lines[0], &ann(), |event| event.prev = Some("0".repeat(64))),
        "line-previous",
    ),
    ("a later line that follows nothing", |lines| lines[4] = altered(&lines[4], &ann(), |event| event.prev = None), "line-previous"),
    (
        "the line before in upper case",
        |lines| {
            lines[4] = altered(&lines[4], &ann(), |event| event.prev = event.prev.as_ref().map(|prev| prev.to_uppercase()));
        },
        "line-previous",
    ),
    (
        "the line before hashed without the leaf's first byte",
        |lines| {
            let plain = rolecall::digest::sha256_hex(lines[3].as_bytes());
            assert_ne!(plain, hex(&merkle::leaf(lines[3].as_bytes())));
            lines[4] = altered(&lines[4], &ann(), |event| event.prev = Some(plain.clone()));
        },
        "line-previous",
    ),
    (
        "a time before that of the line before",
        |lines| {
            lines[4] = altered(&lines[4], &ann(), |event| event.time = "2026-11-24T10:59:59Z".into());
        },
        "line-backwards",
    ),
    ("a time with an offset", |lines| lines[4] = altered(&lines[4], &ann(), |event| event.time = "2026-11-24T12:00:00+00:00".into()), "line-time"),
    ("a time of no calendar", |lines| lines[4] = altered(&lines[4], &ann(), |event| event.time = "2026-02-30T12:00:00Z".into()), "line-time"),
    ("a day without a time", |lines| lines[4] = altered(&lines[4], &ann(), |event| event.time = "2026-11-24".into()), "line-time"),
    // Whose line it is.
    (
        "a line of another ledger",
        |lines| {
            lines[4] = altered(&lines[4], &ann(), |event| event.ledger = "rolecall.ledger/00000000000000000000000000000000".into());
        },
        "line-other-ledger",
    ),
    (
        "Bob's line that names Ann as the actor",
        |lines| {
            let payload = Envelope::parse(lines[4].as_bytes()).unwrap().payload;
            lines[4] = Envelope::sign(EVENT, payload, &bob().key).to_json();
        },
        "line-signature",
    ),
    (
        "an actor's key of small order",
        |lines| {
            lines[4] = respelled(&lines[4], EVENT, |text| text.replace(&hex(&ann().key.public().to_bytes()), &format!("01{}", "00".repeat(31))));
        },
        "line-key",
    ),
    (
        "an actor's key in upper case",
        |lines| {
            let key = hex(&ann().key.public().to_bytes());
            lines[4] = respelled(&lines[4], EVENT, |text| text.replace(&key, &key.to_uppercase()));
        },
        "line-key",
    ),
    (
        "an actor's key that is none",
        |lines| {
            lines[4] = respelled(&lines[4], EVENT, |text| text.replace(&hex(&ann().key.public().to_bytes()), "éé"));
        },
        "line-key",
    ),
    // How it is spelled.
    (
        "a key id that names somebody else",
        |lines| {
            lines[4] = lines[4].replace(&ann().key.public().fingerprint(), &bob().key.public().fingerprint());
        },
        "line-form",
    ),
    ("a member that nobody signed", |lines| lines[4] = lines[4].replacen('{', "{\"x\":1,", 1), "line-form"),
    ("a blank between members", |lines| lines[4] = lines[4].replacen(',', ", ", 1), "line-form"),
    ("a carriage return at the end", |lines| lines[4].push('\r'), "line-form"),
    (
        "the same signature twice",
        |lines| {
            let mut envelope = Envelope::parse(lines[4].as_bytes()).unwrap();
            envelope.signatures.push(envelope.signatures[0].clone());
            lines[4] = envelope.to_json();
        },
        "line-form",
    ),
    (
        "no signature",
        |lines| {
            let mut envelope = Envelope::parse(lines[4].as_bytes()).unwrap();
            envelope.signatures.clear();
            lines[4] = envelope.to_json();
        },
        "line-envelope",
    ),
    (
        "10,000 signatures",
        |lines| {
            let mut envelope = Envelope::parse(lines[4].as_bytes()).unwrap();
            envelope.signatures = vec![envelope.signatures[0].clone(); 10_000];
            lines[4] = envelope.to_json();
        },
        "line-envelope",
    ),
    ("the payload's member twice", |lines| lines[4] = lines[4].replacen('{', "{\"payload\":\"e30=\",", 1), "line-envelope"),
    ("the payload's member twice, spelled otherwise", |lines| lines[4] = lines[4].replacen('{', "{\"\\u0070ayload\":\"e30=\",", 1), "line-envelope"),
    ("base64 with a line feed in it", |lines| lines[4] = lines[4].replacen("\"payload\":\"", "\"payload\":\"\\n", 1), "line-envelope"),
    ("base64 of the URL's alphabet", |lines| lines[4] = lines[4].replacen("\"sig\":\"", "\"sig\":\"-_", 1), "line-envelope"),
    ("a byte order mark", |lines| lines[4].insert(0, '\u{feff}'), "line-envelope"),
    ("something after the envelope", |lines| lines[4].push_str(" {}"), "line-envelope"),
    ("no JSON", |lines| lines[4] = "-".into(), "line-envelope"),
    ("a thousand brackets", |lines| lines[4] = "[".repeat(1000), "line-envelope"),
    ("an in-toto statement's type", |lines| lines[4] = respelled(&lines[4], rolecall::signing::dsse::IN_TOTO, str::to_owned), "line-type"),
    (
        "a signed event with a member twice",
        |lines| {
            lines[4] = respelled(&lines[4], EVENT, |text| text.replacen('{', "{\"seq\":4,", 1));
        },
        "line-event",
    ),
    (
        "a signed event with a member that no event has",
        |lines| {
            lines[4] = respelled(&lines[4], EVENT, |text| text.replacen('{', "{\"alg\":\"none\",", 1));
        },
        "line-event",
    ),
    ("a signed act of no known kind", |lines| lines[4] = respelled(&lines[4], EVENT, |text| text.replace("\"note\"", "\"close\"")), "line-event"),
    ("a number of 1e400", |lines| lines[4] = respelled(&lines[4], EVENT, |text| text.replace("\"seq\":4", "\"seq\":1e400")), "line-event"),
    (
        "a number of 2^64",
        |lines| {
            lines[4] = respelled(&lines[4], EVENT, |text| text.replace("\"seq\":4", "\"seq\":18446744073709551616"));
        },
        "line-event",
    ),
    ("a line taken off the end", |lines| drop(lines.pop()), "ledger-truncated"),
    ("all lines taken off", Vec::clear, "ledger-truncated"),
];

#[test]
fn every_attack_on_lines_has_its_code() {
    let (place, dir) = made();
    assert_eq!(verdict(&dir, &[]), "PASSED");
    for (at, (what, attack, code)) in ATTACKS.iter().enumerate() {
        let attacked = place.path().join(at.to_string());
        copy(&dir, &attacked);
        let mut lines = read_lines(&attacked);
        attack(&mut lines);
        put_lines(&attacked, &lines);
        let done = verdict(&attacked, &[]);
        assert!(done.starts_with("FAILED ") && done.ends_with(&format!(": {code}")), "{what}: {done}");
        refuses_to_append(&attacked, what);
    }
    println!("{} attacks on lines", ATTACKS.len());
}

/// Nobody's checkpoint covers an altered ledger, and nothing in it is changed.
fn refuses_to_append(dir: &Path, what: &str) {
    let before = std::fs::read(dir.join("ledger.jsonl")).unwrap();
    let done = rolecall::ledger::store::Ledger::append(dir, vec![note("more")], &ann(), TIME);
    assert!(done.as_ref().is_err_and(rolecall::ledger::LedgerError::is_integrity), "{what}: {done:?}");
    assert_eq!(std::fs::read(dir.join("ledger.jsonl")).unwrap(), before, "{what}");
}
