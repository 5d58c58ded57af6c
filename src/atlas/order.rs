//! The order of entries: numbers in ids count by their value, so that A.5.2
//! stands before A.5.10 and AC-2 before AC-10.

use std::cmp::Ordering;

use super::EntryId;

impl Ord for EntryId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.framework.cmp(&other.framework).then_with(|| natural(&self.entry, &other.entry))
    }
}

impl PartialOrd for EntryId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares texts, runs of digits by their value; equal only where the texts are.
pub(super) fn natural(left: &str, right: &str) -> Ordering {
    let (mut a, mut b) = (left.as_bytes(), right.as_bytes());
    loop {
        let (one, two) = match (a.first(), b.first()) {
            (Some(one), Some(two)) => (*one, *two),
            // Both ended: "01" and "1" are still two ids.
            (None, None) => return left.cmp(right),
            (one, two) => return one.is_some().cmp(&two.is_some()),
        };
        let order = if one.is_ascii_digit() && two.is_ascii_digit() {
            let (x, y) = (number(&mut a), number(&mut b));
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        } else {
            (a, b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
            one.cmp(&two)
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits at the beginning, without leading zeros.
fn number<'t>(text: &mut &'t [u8]) -> &'t [u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    *text = rest;
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_count_by_their_value_and_only_equal_texts_are_equal() {
        let sorted = ["", "5.2", "5.10", "01", "1", "A.5.2", "A.5.10", "AC-2", "AC-2(1)", "AC-10", "AU-1"];
        let mut shuffled = sorted;
        shuffled.reverse();
        shuffled.sort_by(|left, right| natural(left, right));
        assert_eq!(shuffled, ["", "01", "1", "5.2", "5.10", "A.5.2", "A.5.10", "AC-2", "AC-2(1)", "AC-10", "AU-1"]);
        assert!(natural("01", "1").is_ne() && natural("1", "1").is_eq());
    }

    /// An order that is none makes maps lose what they hold.
    #[test]
    fn the_order_is_one() {
        let texts = ["0", "00", "1", "01", "10", "1a", "01a", "1.0", "a1", "a01b", "a1b", "a01a", "", "-", "1-"];
        for a in texts {
            for b in texts {
                assert_eq!(natural(a, b), natural(b, a).reverse(), "{a} {b}");
                for c in texts.iter().filter(|c| natural(a, b).is_lt() && natural(b, c).is_lt()) {
                    assert!(natural(a, c).is_lt(), "{a} {b} {c}");
                }
            }
        }
    }
}
