//! The last line of `report.html`: its signature, in a comment.
//!
//! A page is its body and exactly one last line. The body ends in `</html>` and
//! a line feed, and is what the statement's digest is of. The line is
//! `<!--dsse:BASE64-->` with the envelope's JSON in base64, which has no `--` in
//! it and so cannot end the comment; or, where nobody signed, [`UNSIGNED`].
//! Nothing follows. All that a signature leaves out is this one line, whose
//! grammar leaves no room: readers of other formats were deceived by such room.

use super::base64;
use super::dsse::{Envelope, EnvelopeError};

/// The last line of a page that nobody signed.
pub const UNSIGNED: &str = "<!-- rolecall-signature: none -->\n";
const BEGIN: &[u8] = b"<!--dsse:";
const END: &[u8] = b"-->";
const BODY_END: &[u8] = b"</html>\n";

/// A page that is refused.
#[derive(Debug, thiserror::Error)]
pub enum TrailerError {
    /// The page does not end with a line feed.
    #[error("the page's last line does not end with a line feed")]
    Cut,
    /// The last line is no trailer.
    #[error("the page's last line is no signature trailer and does not say that there is none")]
    Missing,
    /// What stands before the trailer is no whole body.
    #[error("what stands before the page's last line does not end in `</html>`")]
    Body,
    /// A second trailer, in the body.
    #[error("the page has a second signature trailer")]
    Twice,
    /// The text in the trailer.
    #[error("the signature trailer is not base64 in its canonical form")]
    Base64,
    /// The envelope in the trailer.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// A page taken apart.
#[derive(Debug)]
pub struct Page<'p> {
    /// All before the last line: what is signed.
    pub body: &'p [u8],
    /// The envelope of the last line, `None` where the page says that nobody signed; nothing is verified yet.
    pub envelope: Option<Envelope>,
}

/// The page: the body and its last line.
#[must_use]
pub fn attach(body: &[u8], envelope: Option<&Envelope>) -> Vec<u8> {
    let trailer = match envelope {
        Some(envelope) => format!("<!--dsse:{}-->\n", base64::encode(envelope.to_json().as_bytes())),
        None => UNSIGNED.to_owned(),
    };
    [body, trailer.as_bytes()].concat()
}

/// Takes a page apart.
///
/// # Errors
/// [`TrailerError`].
pub fn split(page: &[u8]) -> Result<Page<'_>, TrailerError> {
    let lines = page.strip_suffix(b"\n").ok_or(TrailerError::Cut)?;
    let start = lines.iter().rposition(|byte| *byte == b'\n').ok_or(TrailerError::Missing)? + 1;
    let (body, line) = (&page[..start], &lines[start..]);
    let envelope = match line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)) {
        None if line == UNSIGNED.trim_end().as_bytes() => None,
        None => return Err(TrailerError::Missing),
        Some(text) => Some(text),
    };
    if memchr::memmem::find(body, BEGIN).is_some() || memchr::memmem::find(body, UNSIGNED.trim_end().as_bytes()).is_some() {
        return Err(TrailerError::Twice);
    }
    if !body.ends_with(BODY_END) {
        return Err(TrailerError::Body);
    }
    let envelope = envelope.map(|text| {
        let json = std::str::from_utf8(text).ok().and_then(base64::decode).ok_or(TrailerError::Base64)?;
        Ok::<_, TrailerError>(Envelope::parse(&json)?)
    });
    Ok(Page { body, envelope: envelope.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::dsse::IN_TOTO;
    use crate::signing::key::SecretKey;

    const BODY: &[u8] = b"<!doctype html>\n<html>\n</html>\n";

    #[test]
    fn a_page_is_taken_apart_as_it_was_put_together() {
        let envelope = Envelope::sign(IN_TOTO, b"{}".to_vec(), &SecretKey::from_seed(&[1; 32]));
        for envelope in [None, Some(envelope)] {
            let page = attach(BODY, envelope.as_ref());
            let split = split(&page).unwrap();
            assert_eq!((split.body, split.envelope), (BODY, envelope));
        }
    }

    /// Each is a way in which a reader could be shown other bytes than those that are signed.
    #[test]
    fn nothing_is_accepted_around_the_trailer() {
        let envelope = Envelope::sign(IN_TOTO, b"{}".to_vec(), &SecretKey::from_seed(&[1; 32]));
        let page = attach(BODY, Some(&envelope));
        let trailer = &page[BODY.len()..];
        let refused: [(&str, Vec<u8>); 15] = [
            ("stripped", BODY.to_vec()),
            ("empty", Vec::new()),
            ("a script after it", [&page, b"<script></script>\n".as_slice()].concat()),
            ("text after it", [&page[..page.len() - 1], b" x\n"].concat()),
            ("a blank line after it", [&page, b"\n".as_slice()].concat()),
            ("no line feed", page[..page.len() - 1].to_vec()),
            ("two of them", [&page, trailer].concat()),
            ("signed and unsigned", [&page, UNSIGNED.as_bytes()].concat()),
            ("unsigned and signed", [BODY, UNSIGNED.as_bytes(), trailer].concat()),
            ("one in the body", [b"<!--dsse:AAAA-->\n", page.as_slice()].concat()),
            ("CRLF", String::from_utf8(page.clone()).unwrap().replace('\n', "\r\n").into_bytes()),
            ("a blank in it", String::from_utf8(page.clone()).unwrap().replace("<!--dsse:", "<!-- dsse:").into_bytes()),
            ("text before the line's end", [BODY, b"x", trailer].concat()),
            ("no base64", [BODY, b"<!--dsse:AAA-->\n"].concat()),
            ("no envelope", [BODY, b"<!--dsse:e30=-->\n"].concat()),
        ];
        for (what, page) in refused {
            assert!(split(&page).is_err(), "{what}");
        }
    }
}
