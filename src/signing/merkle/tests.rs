use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::digest::hex;
use crate::signing::base64;

#[derive(Deserialize)]
struct Inclusion {
    leaf: String,
    index: u64,
    size: u64,
    root: String,
    proof: Vec<String>,
    good: bool,
    why: String,
}

#[derive(Deserialize)]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Vec<String>,
    good: bool,
    why: String,
}

fn hash(text: &str) -> Hash {
    base64::decode(text).unwrap().try_into().unwrap()
}

fn hashes(texts: &[String]) -> Vec<Hash> {
    texts.iter().map(|text| hash(text)).collect()
}

/// The leaves of the well-known test tree of Certificate Transparency.
fn known_leaves() -> Vec<Hash> {
    let entries: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    entries.iter().map(|entry| leaf(entry)).collect()
}

#[test]
fn proofs_of_entries_are_judged_as_the_vectors_say() {
    let cases: Vec<Inclusion> = serde_json::from_str(include_str!("../../../fixtures/vectors/merkle/inclusion.json")).unwrap();
    let mut good = 0;
    for case in &cases {
        let done = verify_inclusion(&hash(&case.leaf), case.index, case.size, &hash(&case.root), &hashes(&case.proof));
        assert_eq!(done.is_ok(), case.good, "{} (index {}, size {}): {done:?}", case.why, case.index, case.size);
        good += usize::from(case.good);
    }
    assert!(cases.len() > 200 && good == 10, "{} cases, {good} good", cases.len());
}

#[test]
fn proofs_of_beginnings_are_judged_as_the_vectors_say() {
    let cases: Vec<Consistency> = serde_json::from_str(include_str!("../../../fixtures/vectors/merkle/consistency.json")).unwrap();
    let mut good = 0;
    for case in &cases {
        let done = verify_consistency(case.size1, case.size2, &hash(&case.root1), &hash(&case.root2), &hashes(&case.proof));
        assert_eq!(done.is_ok(), case.good, "{} ({} in {}): {done:?}", case.why, case.size1, case.size2);
        good += usize::from(case.good);
    }
    assert!(cases.len() > 200 && good == 9, "{} cases, {good} good", cases.len());
}

/// The roots that other implementations publish for that tree.
#[test]
fn the_roots_of_the_known_tree_are_those_that_others_give() {
    let leaves = known_leaves();
    for (size, expected) in [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ] {
        assert_eq!(hex(&root(&leaves[..size])), expected);
    }
}

#[test]
fn each_refusal_says_what_is_wrong() {
    let leaves = known_leaves();
    let (old, new) = (root(&leaves[..3]), root(&leaves));
    let proof = consistency_proof(&leaves, 3).unwrap();
    let cases: [(Result<(), ProofError>, ProofError); 7] = [
        (verify_consistency(0, 8, &old, &new, &proof), ProofError::Empty),
        (verify_consistency(8, 3, &new, &old, &proof), ProofError::Range { size: 3, about: 8 }),
        (verify_consistency(3, 8, &old, &new, &[]), ProofError::Length(0)),
        (verify_consistency(3, 8, &old, &new, &proof[..2]), ProofError::Length(2)),
        (verify_consistency(3, 8, &new, &new, &proof), ProofError::EarlierRoot),
        (verify_consistency(3, 8, &old, &old, &proof), ProofError::Root),
        (verify_inclusion(&leaves[0], 8, 8, &new, &[]), ProofError::Range { size: 8, about: 8 }),
    ];
    for (done, expected) in cases {
        assert_eq!(done, Err(expected));
    }
    assert_eq!(consistency_proof(&leaves, 0), None);
    assert_eq!(consistency_proof(&leaves, 9), None);
    assert_eq!(inclusion_proof(&leaves, 8), None);
}

/// Every tree of up to 40 leaves: each proof that is made verifies, for its own claim alone.
#[test]
fn proofs_fit_their_own_claim_and_no_other() {
    let leaves: Vec<Hash> = (0_u8..40).map(|number| leaf(&[number])).collect();
    let mut growing = Growing::default();
    for size in 1..=leaves.len() {
        growing.push(leaves[size - 1]);
        let tree = &leaves[..size];
        let whole = root(tree);
        assert_eq!((growing.root(), growing.size()), (whole, size as u64));
        for about in 0..size {
            let proof = inclusion_proof(tree, about).unwrap();
            for index in 0..size {
                let fits = verify_inclusion(&leaves[about], index as u64, size as u64, &whole, &proof).is_ok();
                assert_eq!(fits, index == about, "{about} taken for {index} of {size}");
            }
            let earlier = about + 1;
            let proof = consistency_proof(tree, earlier).unwrap();
            for taken in 1..=size {
                let fits = verify_consistency(taken as u64, size as u64, &root(&leaves[..taken]), &whole, &proof).is_ok();
                assert_eq!(fits, taken == earlier, "{earlier} taken for {taken} of {size}");
            }
        }
    }
}

/// The definitions of RFC 6962, section 2.1, word by word.
mod naive {
    use super::{Hash, leaf, node};

    fn k(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    pub fn mth(entries: &[Vec<u8>]) -> Hash {
        match entries {
            [] => super::root(&[]),
            [one] => leaf(one),
            more => {
                let (left, right) = more.split_at(k(more.len()));
                node(&mth(left), &mth(right))
            }
        }
    }

    pub fn path(m: usize, entries: &[Vec<u8>]) -> Vec<Hash> {
        if entries.len() == 1 {
            return Vec::new();
        }
        let (left, right) = entries.split_at(k(entries.len()));
        if m < left.len() { [path(m, left), vec![mth(right)]].concat() } else { [path(m - left.len(), right), vec![mth(left)]].concat() }
    }

    pub fn subproof(m: usize, entries: &[Vec<u8>], b: bool) -> Vec<Hash> {
        if m == entries.len() {
            return if b { Vec::new() } else { vec![mth(entries)] };
        }
        let (left, right) = entries.split_at(k(entries.len()));
        if m <= left.len() {
            [subproof(m, left, b), vec![mth(right)]].concat()
        } else {
            [subproof(m - left.len(), right, false), vec![mth(left)]].concat()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn trees_and_proofs_are_those_of_the_definition(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 1..200), pick in any::<prop::sample::Index>()) {
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf(entry)).collect();
        let mut growing = Growing::default();
        leaves.iter().for_each(|leaf| growing.push(*leaf));
        let (whole, at) = (root(&leaves), pick.index(leaves.len()));
        prop_assert_eq!(whole, naive::mth(&entries));
        prop_assert_eq!(whole, growing.root());
        let proof = inclusion_proof(&leaves, at).unwrap();
        prop_assert_eq!(&proof, &naive::path(at, &entries));
        prop_assert!(verify_inclusion(&leaves[at], at as u64, leaves.len() as u64, &whole, &proof).is_ok());
        let earlier = root(&leaves[..=at]);
        let proof = consistency_proof(&leaves, at + 1).unwrap();
        prop_assert_eq!(&proof, &naive::subproof(at + 1, &entries, true));
        prop_assert!(verify_consistency(at as u64 + 1, leaves.len() as u64, &earlier, &whole, &proof).is_ok());
    }

    #[test]
    fn random_proofs_neither_fit_nor_panic(size in any::<u64>(), about in any::<u64>(), proof in prop::collection::vec(any::<Hash>(), 0..70), one in any::<Hash>(), other in any::<Hash>()) {
        let fits = verify_consistency(about, size, &one, &other, &proof).is_ok();
        prop_assert!(!fits || (about == size && one == other && proof.is_empty()));
        prop_assert!(verify_inclusion(&one, about, size, &other, &proof).is_err() || (one == other && proof.is_empty()));
    }
}
