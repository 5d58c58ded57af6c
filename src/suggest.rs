//! "Did you mean …?": the closest known word to a mistyped one.

/// The known word that is closest to `word`, where one is close enough to be
/// meant: at most a third of its letters differ, or one begins with the other.
#[must_use]
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| *candidate != word)
        .filter_map(|candidate| {
            let distance = distance(&word.to_lowercase(), &candidate.to_lowercase());
            let near = distance <= limit || (word.len() > 3 && (candidate.starts_with(word) || word.starts_with(candidate) && candidate.len() > 3));
            near.then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?" or, where nothing is close, the list of what is known.
#[must_use]
pub fn help<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(close) = closest(word, known.clone()) {
        return Some(format!("did you mean `{close}`?"));
    }
    let known: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    match known.len() {
        0 => None,
        1..=40 => Some(format!("known are {}", known.join(", "))),
        _ => None,
    }
}

/// Levenshtein distance in characters, an exchange of neighbours counting one.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut line = Vec::with_capacity(right.len() + 1);
        line.push(row + 1);
        for (column, b) in right.iter().enumerate() {
            let mut best = (last[column] + usize::from(a != b)).min(last[column + 1] + 1).min(line[column] + 1);
            if row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b {
                best = best.min(before[column - 1] + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut last, line);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{closest, distance};

    #[test]
    fn the_closest_word_is_suggested_and_a_distant_one_is_not() {
        assert_eq!(distance("owner", "onwer"), 1);
        assert_eq!(closest("onwer", ["owner", "status", "custodian"]), Some("owner"));
        assert_eq!(closest("asset", ["assets", "accounts"]), Some("assets"));
        assert_eq!(closest("zebra", ["owner", "status"]), None);
    }
}
