//! Where in a JSON text something is, as a JSON pointer (RFC 6901).

use std::fmt::Write as _;

/// The pointer of the value in which a byte lies: `/catalog/groups/0/title`.
/// The text before it need not be the beginning of valid JSON.
#[must_use]
pub fn at(text: &[u8], offset: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut position = 0;
    // Whether a text that comes now names a member.
    let mut names = false;
    let end = offset.min(text.len());
    while let Some(byte) = text.get(position).filter(|_| position < end) {
        position += 1;
        match byte {
            b'"' => {
                let start = position;
                while let Some(byte) = text.get(position).filter(|byte| **byte != b'"') {
                    position += if *byte == b'\\' { 2 } else { 1 };
                }
                let content = text.get(start..position).unwrap_or_default();
                position += 1;
                if let (true, Some(Step::Member(name))) = (names, steps.last_mut()) {
                    *name = Some(unescaped(content));
                    names = false;
                }
            }
            b'{' => {
                steps.push(Step::Member(None));
                names = true;
            }
            b'[' => {
                steps.push(Step::Element(0));
                names = false;
            }
            b'}' | b']' => {
                steps.pop();
                names = false;
            }
            b',' => match steps.last_mut() {
                Some(Step::Element(index)) => *index += 1,
                Some(Step::Member(name)) => {
                    *name = None;
                    names = true;
                }
                None => {}
            },
            _ => {}
        }
    }
    steps
}

/// A step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into an object's member; `None` between members.
    Member(Option<String>),
    /// Into a list's element, from 0.
    Element(usize),
}

/// The steps as a pointer.
#[must_use]
pub fn written(steps: &[Step]) -> String {
    let mut pointer = String::new();
    for step in steps {
        match step {
            Step::Member(Some(name)) => member(&mut pointer, name),
            Step::Member(None) => {}
            Step::Element(index) => {
                // Writing to a String cannot fail.
                let _ = write!(pointer, "/{index}");
            }
        }
    }
    pointer
}

fn member(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

fn unescaped(content: &[u8]) -> String {
    let mut whole = vec![b'"'];
    whole.extend(content);
    whole.push(b'"');
    serde_json::from_slice(&whole).unwrap_or_else(|_| String::from_utf8_lossy(content).into_owned())
}

/// The offset of a line and column as `serde_json` counts them: lines from 1, columns in bytes.
#[must_use]
pub fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match memchr::memchr(b'\n', text.get(start..).unwrap_or_default()) {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    (start + column).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::{at, offset, written};

    #[test]
    fn a_pointer_names_where_a_byte_lies() {
        let text = br#"{"catalog": {"a/b": [1, {"x\"y": "},]"}, 3], "c": {}}}"#;
        let find = |needle: &str| {
            let at = memchr::memmem::find(text, needle.as_bytes()).unwrap();
            written(&super::at(text, at + 1))
        };
        assert_eq!(find("1,"), "/catalog/a~1b/0");
        assert_eq!(find("},]"), "/catalog/a~1b/1/x\"y");
        assert_eq!(find("3]"), "/catalog/a~1b/2");
        assert_eq!(find("{}"), "/catalog/c");
        assert_eq!(written(&at(b"", 10)), "");
        for cut in 0..text.len() {
            let _ = written(&at(&text[..cut], cut));
        }
    }

    #[test]
    fn lines_and_columns_are_offsets() {
        let text = b"ab\ncd\n";
        assert_eq!((offset(text, 1, 1), offset(text, 2, 1), offset(text, 9, 9)), (1, 4, 6));
    }
}
