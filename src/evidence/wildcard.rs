//! Wildcards in paths: `*` within one component, `**` across components.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// This byte.
    Byte(u8),
    /// Any bytes but `/`.
    Star,
    /// Any bytes.
    Across,
    /// Any number of whole components, also none.
    Folders,
}

/// Whether a path matches a pattern as a whole.
///
/// `*` stands for any text within one component, `**` for any text across
/// components, `**/` for any number of folders (also none); everything else
/// stands for itself. A pattern that ends in `/` means everything below.
/// A leading `./` says nothing. The time is bounded by the product of the lengths.
#[must_use]
pub fn matches(pattern: &str, path: &str) -> bool {
    let steps = steps(pattern);
    let path = path.as_bytes();
    // ahead[j]: whether the steps after the current one match path[j..].
    let mut ahead = vec![false; path.len() + 1];
    ahead[path.len()] = true;
    let mut here = vec![false; path.len() + 1];
    for step in steps.iter().rev() {
        let mut after_slash = None;
        for at in (0..=path.len()).rev() {
            let next = path.get(at).copied();
            if next == Some(b'/') {
                after_slash = Some(at + 1);
            }
            here[at] = match *step {
                Step::Byte(byte) => next == Some(byte) && ahead[at + 1],
                Step::Star => ahead[at] || (next.is_some_and(|byte| byte != b'/') && here[at + 1]),
                Step::Across => ahead[at] || (next.is_some() && here[at + 1]),
                Step::Folders => ahead[at] || after_slash.is_some_and(|start| here[start]),
            };
        }
        std::mem::swap(&mut ahead, &mut here);
    }
    ahead[0]
}

/// Whether a pattern has a wildcard at all.
#[must_use]
pub fn is_wild(pattern: &str) -> bool {
    pattern.contains('*') || pattern.ends_with('/')
}

fn steps(pattern: &str) -> Vec<Step> {
    let bytes = pattern.strip_prefix("./").unwrap_or(pattern).as_bytes();
    let mut steps = Vec::with_capacity(bytes.len() + 1);
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let component_start = at == 0 || bytes[at - 1] == b'/';
        if component_start && rest.starts_with(b"**/") {
            steps.push(Step::Folders);
            at += 3;
        } else if rest.starts_with(b"**") {
            steps.push(Step::Across);
            at += 2;
        } else if rest[0] == b'*' {
            steps.push(Step::Star);
            at += 1;
        } else {
            steps.push(Step::Byte(rest[0]));
            at += 1;
        }
    }
    if bytes.ends_with(b"/") {
        steps.push(Step::Across);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stays_within_a_component() {
        assert!(matches("hr/*.csv", "hr/people.csv"));
        assert!(matches("*", "people.csv"));
        assert!(!matches("*", "hr/people.csv"));
        assert!(!matches("hr/*.csv", "hr/old/people.csv"));
        assert!(matches("h*/p*e*.csv", "hr/people.csv"));
        assert!(matches("hr/*", "hr/"));
    }

    #[test]
    fn two_stars_cross_components() {
        assert!(matches("**", "a/b/c"));
        assert!(matches("hr/**", "hr/old/people.csv"));
        assert!(!matches("hr/**", "hr"));
        assert!(matches("**/people.csv", "people.csv"));
        assert!(matches("**/people.csv", "hr/old/people.csv"));
        assert!(!matches("**/people.csv", "hr/old-people.csv"));
        assert!(matches("hr/**/*.csv", "hr/people.csv"));
        assert!(matches("a**c", "a/b/c"));
        assert!(matches("hr/", "hr/old/people.csv"));
    }

    #[test]
    fn everything_else_is_literal() {
        assert!(matches("a[1]?.csv", "a[1]?.csv"));
        assert!(!matches("a?.csv", "ab.csv"));
        assert!(!matches("A.csv", "a.csv"));
        assert!(matches("./a.csv", "a.csv"));
        assert!(matches("ä*/ß", "äöü/ß"));
        assert!(matches("", ""));
        assert!(!matches("", "a"));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(200) + "b";
        assert!(!matches(&pattern, &"a".repeat(2_000)));
    }
}
