//! Every single bit of a small ledger's files.

use std::fs;

use rolecall::ledger::store::Ledger;

use super::fixture::*;

#[test]
fn no_flipped_bit_is_accepted() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("ledger");
    Ledger::append(&dir, vec![note("one")], &ann(), TIME).unwrap();
    Ledger::append(&dir, vec![note("two")], &bob(), TIME).unwrap();
    assert_eq!(verdict(&dir, &[]), "PASSED");
    let (mut flips, mut accepted) = (0, Vec::new());
    for name in ["ledger.jsonl", "checkpoint", "checkpoints/1", "checkpoints/2"] {
        let path = dir.join(name);
        let bytes = fs::read(&path).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &flipped).unwrap();
            flips += 1;
            if verdict(&dir, &[]) == "PASSED" {
                accepted.push((name, bit));
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(verdict(&dir, &[]), "PASSED");
    println!("{flips} flipped bits, {} accepted", accepted.len());
    assert!(accepted.is_empty() && flips > 15_000, "{flips} flips, accepted: {accepted:?}");
}
