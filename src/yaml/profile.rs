//! What the strict profile refuses, found in one walk over the parser's
//! events, so that every breach of a file is told at once.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::{DEPTH_LIMIT, Origin, Place};
use crate::diagnostic::Diagnostics;

/// Spellings that other YAML readers take for booleans.
const BOOLEANS: [&str; 16] = ["True", "TRUE", "False", "FALSE", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"];

enum Frame {
    List,
    Mapping { keys: HashMap<String, Place>, key_next: bool },
}

struct Walk<'o> {
    origin: &'o Origin,
    found: Diagnostics,
    open: Vec<Frame>,
    documents: usize,
}

/// All breaches of the profile.
pub(super) fn check(origin: &Origin) -> Diagnostics {
    let mut walk = Walk { origin, found: Diagnostics::default(), open: Vec::new(), documents: 0 };
    for event in Parser::new_from_str(&origin.text) {
        match event {
            Ok((event, span)) => {
                if !walk.event(&event, &span) {
                    break;
                }
            }
            Err(error) => {
                let mark = error.marker();
                let at = Place { line: mark.line(), column: mark.col() + 1 };
                walk.error(at, "yaml-syntax", error.info(), None);
                break;
            }
        }
    }
    walk.found
}

impl Walk<'_> {
    fn error(&mut self, at: Place, code: &'static str, message: impl AsRef<str>, help: Option<&str>) {
        self.found.push(self.origin.diagnostic(at, code, message, help.map(str::to_owned)));
    }

    /// Takes one event; false where walking on makes no sense.
    fn event(&mut self, event: &Event<'_>, span: &Span) -> bool {
        let at = Place { line: span.start.line(), column: span.start.col() + 1 };
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.error(at, "yaml-documents", "a second document begins here", Some("one file holds one document"));
                    return false;
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.error(at, "yaml-alias", "aliases are not part of our YAML", Some("write the value out"));
                self.value_done();
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.properties(at, *anchor, tag.is_some());
                self.scalar(at, text, *style == ScalarStyle::Plain);
            }
            Event::SequenceStart(_, anchor, tag) | Event::MappingStart(_, anchor, tag) => {
                self.properties(at, *anchor, tag.is_some());
                if matches!(self.open.last(), Some(Frame::Mapping { key_next: true, .. })) {
                    self.error(at, "yaml-key", "a key must be a plain text", None);
                    return false;
                }
                if self.open.len() >= DEPTH_LIMIT {
                    self.error(at, "yaml-too-deep", format!("nested deeper than {DEPTH_LIMIT} levels"), None);
                    return false;
                }
                self.open.push(match event {
                    Event::SequenceStart(..) => Frame::List,
                    _ => Frame::Mapping { keys: HashMap::new(), key_next: true },
                });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                self.value_done();
            }
            _ => {}
        }
        true
    }

    fn properties(&mut self, at: Place, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.error(at, "yaml-anchor", "anchors are not part of our YAML", Some("write the value out where it is needed"));
        }
        if tagged {
            self.error(at, "yaml-tag", "tags are not part of our YAML", Some("leave the `!…` out; the type follows from the key"));
        }
    }

    fn scalar(&mut self, at: Place, text: &str, plain: bool) {
        let Some(Frame::Mapping { keys, key_next }) = self.open.last_mut() else {
            self.boolean(at, text, plain);
            return;
        };
        if !*key_next {
            *key_next = true;
            self.boolean(at, text, plain);
            return;
        }
        *key_next = false;
        if let Some(first) = keys.insert(text.to_owned(), at) {
            let message = format!("the key `{text}` stands here twice, first in line {}", first.line);
            self.error(at, "yaml-duplicate-key", message, Some("keep one of them"));
        }
        if plain && text == "<<" {
            self.error(at, "yaml-merge-key", "merge keys are not part of our YAML", Some("write the keys out"));
        }
    }

    fn boolean(&mut self, at: Place, text: &str, plain: bool) {
        if plain && BOOLEANS.contains(&text) {
            let message = format!("`{text}` is a boolean to some readers and a text to others");
            self.error(at, "yaml-boolean", message, Some("write true or false, or put the text in quotes"));
        }
    }

    /// A list, mapping or alias ended that may have been a mapping's value.
    fn value_done(&mut self) {
        if let Some(Frame::Mapping { key_next, .. }) = self.open.last_mut() {
            *key_next = true;
        }
    }
}
