//! The vectors of fixtures/vectors: what is accepted, what is refused, and why.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use rolecall::signing::dsse::{Envelope, pae};
use rolecall::signing::key::{PublicKey, SecretKey};
use rolecall::signing::sshsig::SshSignature;

#[derive(Deserialize)]
struct Vectors<C> {
    source: String,
    cases: Vec<C>,
    #[serde(default)]
    pae: Vec<Pae>,
}

#[derive(Deserialize)]
struct Pae {
    why: String,
    #[serde(rename = "type")]
    kind: String,
    payload: String,
    #[serde(rename = "pae")]
    signed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ed25519 {
    class: String,
    why: String,
    seed: Option<String>,
    key: String,
    message: String,
    signature: String,
    verdict: Verdict,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dsse {
    why: String,
    key: String,
    envelope: String,
    verdict: Verdict,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ssh {
    why: String,
    key: String,
    message: String,
    signature: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Accepted,
    Refused,
}

fn of(accepted: bool) -> Verdict {
    if accepted { Verdict::Accepted } else { Verdict::Refused }
}

fn load<C: serde::de::DeserializeOwned>(name: &str) -> Vectors<C> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors").join(name);
    let vectors: Vectors<C> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!vectors.source.is_empty());
    vectors
}

fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn public(hex: &str) -> Option<PublicKey> {
    PublicKey::from_bytes(&bytes(hex).try_into().unwrap()).ok()
}

/// Runs a file's signatures; how many of each class got which verdict.
fn signatures(name: &str) -> BTreeMap<(String, Verdict), usize> {
    let mut counts = BTreeMap::new();
    for case in load::<Ed25519>(name).cases {
        let (message, signature) = (bytes(&case.message), bytes(&case.signature));
        let verdict = of(public(&case.key).is_some_and(|key| key.verifies(&message, &signature)));
        assert_eq!(verdict, case.verdict, "{}: {}", case.class, case.why);
        if let Some(seed) = case.seed {
            let key = SecretKey::from_seed(&bytes(&seed).try_into().unwrap());
            assert_eq!(key.public().to_bytes().as_slice(), bytes(&case.key), "{}", case.why);
            assert_eq!(key.sign(&message).as_slice(), signature, "{}", case.why);
        }
        *counts.entry((case.class, verdict)).or_insert(0) += 1;
    }
    counts
}

#[test]
fn the_vectors_of_the_standard_and_of_wycheproof() {
    assert_eq!(signatures("ed25519-rfc8032.json").values().sum::<usize>(), 5);
    let wycheproof = signatures("ed25519-wycheproof.json");
    let sum = |wanted| wycheproof.iter().filter(|((_, verdict), _)| *verdict == wanted).map(|(_, count)| count).sum::<usize>();
    assert_eq!((sum(Verdict::Accepted), sum(Verdict::Refused)), (88, 63));
}

/// What only a strict verifier refuses. All that it accepts besides an honest
/// signature has a component of low order that its own equation cancels.
#[test]
fn the_classes_in_which_verifiers_differ() {
    let counts = signatures("ed25519-classes.json");
    let accepted: Vec<&str> = counts.keys().filter(|(_, verdict)| *verdict == Verdict::Accepted).map(|(class, _)| class.as_str()).collect();
    assert_eq!(accepted, ["honest", "low_order_component_A", "low_order_component_A low_order_component_R"]);
    for class in ["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R low_order_R", "s_plus_l", "prehashed"] {
        assert!(counts.contains_key(&(class.to_owned(), Verdict::Refused)), "{class}");
    }
    assert_eq!(counts.values().sum::<usize>(), 103);
}

#[test]
fn envelopes() {
    let vectors = load::<Dsse>("dsse.json");
    for case in &vectors.pae {
        assert_eq!(pae(&case.kind, &bytes(&case.payload)), bytes(&case.signed), "{}", case.why);
    }
    for case in &vectors.cases {
        let key = public(&case.key).unwrap();
        let verdict = of(Envelope::parse(case.envelope.as_bytes()).is_ok_and(|envelope| envelope.verifies(&key)));
        assert_eq!(verdict, case.verdict, "{}", case.why);
    }
    assert_eq!((vectors.pae.len(), vectors.cases.len()), (3, 29));
}

#[test]
fn ssh_signatures() {
    let cases = load::<Ssh>("sshsig.json").cases;
    for case in &cases {
        let key = public(&case.key).unwrap();
        let read = SshSignature::parse(case.signature.as_bytes());
        let verdict = of(read.as_ref().is_ok_and(|signature| signature.verifies(&bytes(&case.message), &key)));
        assert_eq!(verdict, case.verdict, "{}: {read:?}", case.why);
    }
    assert_eq!(cases.len(), 25);
}
