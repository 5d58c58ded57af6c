//! Ids of ours as OSCAL's tokens.

use std::fmt::Write as _;

/// An id as a token (a letter or `_`, then letters, digits, `.`, `-`, `_`). An id that is one
/// already stays. Any other gets `_` in front, and every character that no token has becomes
/// `_xHEX_`; as `_` itself does, what was can be read back from it.
#[must_use]
pub fn token(id: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
    if id.starts_with(|first: char| first.is_ascii_alphabetic()) && id.chars().all(|character| plain(character) || character == '_') {
        return id.to_owned();
    }
    let mut token = String::from("_");
    for character in id.chars() {
        if plain(character) {
            token.push(character);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(token, "_x{:X}_", u32::from(character));
        }
    }
    token
}

/// An entry of an edition as the token by which OSCAL catalogs name it: NIST's own ids for
/// SP 800-53 (`AC-2(12)` is `ac-2.12`), else [`token`].
#[must_use]
pub fn entry(framework: &str, id: &str) -> String {
    if framework.starts_with("nist-800-53")
        && let Some(id) = nist(id)
    {
        return id;
    }
    token(id)
}

fn nist(label: &str) -> Option<String> {
    let (base, enhancement) = match label.strip_suffix(')').and_then(|label| label.split_once('(')) {
        Some((base, enhancement)) => (base, Some(enhancement)),
        None => (label, None),
    };
    let (family, number) = base.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = family.len() == 2 && family.bytes().all(|byte| byte.is_ascii_uppercase()) && digits(number) && enhancement.is_none_or(digits);
    let behind = enhancement.map(|enhancement| format!(".{enhancement}")).unwrap_or_default();
    sound.then(|| format!("{}-{number}{behind}", family.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::{entry, token};
    use crate::oscal::insert::is_token;

    #[test]
    fn every_id_is_a_token_and_no_two_are_the_same() {
        let ids = ["ac-1", "5.2-approved", "_5.2-approved", "6.1.1 a)", "", "ä", "a_b", "_", "__", "_x5F_", "x y", "x_x20_y", "T0001", "AC-2(1)"];
        let tokens: std::collections::BTreeSet<String> = ids.iter().map(|id| token(id)).collect();
        assert_eq!(tokens.len(), ids.len(), "{tokens:?}");
        assert!(tokens.iter().all(|token| is_token(token)), "{tokens:?}");
        assert_eq!((token("ac-1").as_str(), token("5.2-approved").as_str(), token("6.1 a").as_str()), ("ac-1", "_5.2-approved", "_6.1_x20_a"));
    }

    #[test]
    fn nist_has_ids_of_its_own() {
        for (label, id) in [("AC-1", "ac-1"), ("AC-2(12)", "ac-2.12"), ("AC-2()", "_AC-2_x28__x29_"), ("5.2", "_5.2")] {
            assert_eq!(entry("nist-800-53-r5", label), id);
        }
        assert_eq!(entry("nist-csf-2.0", "GV.RR-02"), "GV.RR-02");
        assert_eq!(entry("other", "AC-1"), "AC-1");
    }
}
