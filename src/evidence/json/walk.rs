//! One record: every byte is checked, what stands at planned paths is kept.

use std::collections::HashSet;
use std::ops::Range;

use super::template::{Noted, ValueAt};
use super::text::{bare, blanks, string, unescape};
use crate::evidence::batch::RejectReason;
use crate::evidence::decode::small;
use crate::key;

/// The deepest nesting; the record's object is level 1.
const DEEPEST: usize = 64;
/// Objects with more keys than this look theirs up in a set.
const MANY_KEYS: usize = 24;

/// A tree of planned paths.
#[derive(Debug, Default)]
pub(super) struct Paths {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    children: Vec<(Vec<u8>, usize)>,
    /// The slots whose path ends here.
    slots: Vec<usize>,
    /// The elements of a list here make records: the node of their own paths.
    element: Option<usize>,
}

/// Bytes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// A record is far shorter than 4 GiB.
    #[inline]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: small(start), end: small(end) }
    }

    #[inline]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// `null`, `""`, or a list of nothing.
    Empty,
    /// Bytes of the record as they stand.
    Plain(Span),
    /// A string with escapes.
    Escaped(Span),
    /// An object, or a value where an object should be.
    Invalid,
}

impl Piece {
    /// A string's bytes.
    #[inline]
    pub fn text(start: usize, end: usize, escaped: bool) -> Self {
        match (start == end, escaped) {
            (true, _) => Self::Empty,
            (false, false) => Self::Plain(Span::new(start, end)),
            (false, true) => Self::Escaped(Span::new(start, end)),
        }
    }

    /// A number or a literal, which begins with `first`.
    #[inline]
    pub fn bare(first: u8, start: usize, end: usize) -> Self {
        if first == b'n' { Self::Empty } else { Self::Plain(Span::new(start, end)) }
    }
}

/// What one record holds at the planned paths.
#[derive(Debug, Default)]
pub(super) struct Captured {
    /// The slot, the element of `each` (0 without), the piece: as many as there are.
    pub pieces: Vec<(usize, u32, Piece)>,
    /// Elements of the list of `each`.
    pub elements: u32,
    /// Instead of all this, where every slot has one piece at most: by slot.
    pub single: Option<Vec<Option<Piece>>>,
}

impl Paths {
    pub fn new() -> Self {
        Self { nodes: vec![Node::default()] }
    }

    fn node(&mut self, from: usize, path: &[String]) -> usize {
        path.iter().fold(from, |at, name| {
            let known = self.nodes[at].children.iter().find(|(child, _)| child == name.as_bytes()).map(|(_, node)| *node);
            known.unwrap_or_else(|| {
                let node = self.nodes.len();
                self.nodes.push(Node::default());
                self.nodes[at].children.push((name.as_bytes().to_vec(), node));
                node
            })
        })
    }

    /// Plans a path from the record.
    pub fn add(&mut self, path: &[String], slot: usize) {
        let node = self.node(0, path);
        self.nodes[node].slots.push(slot);
    }

    /// The node of the elements of the list at this path, which make records.
    pub fn each(&mut self, path: &[String]) -> usize {
        let list = self.node(0, path);
        let element = self.nodes.len();
        self.nodes.push(Node::default());
        self.nodes[list].element = Some(element);
        element
    }

    /// Plans a path from an element.
    pub fn add_element(&mut self, element: usize, path: &[String], slot: usize) {
        let node = self.node(element, path);
        self.nodes[node].slots.push(slot);
    }

    /// Whether anything but the record's own checks is planned.
    fn child(&self, node: usize, name: &[u8]) -> Option<usize> {
        self.nodes[node].children.iter().find(|(child, _)| child.as_slice() == name).map(|(_, node)| *node)
    }

    /// Whether something is planned at a node or below it.
    fn is_planned(&self, node: usize) -> bool {
        !self.nodes[node].slots.is_empty() || self.goes_on(node)
    }

    /// Whether something is planned below a node.
    pub fn goes_on(&self, node: usize) -> bool {
        let Node { children, element, .. } = &self.nodes[node];
        element.is_some() || children.iter().any(|(_, child)| self.is_planned(*child))
    }

    /// The slots whose path ends at a node.
    pub fn slots(&self, node: usize) -> &[usize] {
        &self.nodes[node].slots
    }

    /// Tells all slots at and below a node that there is something else than they want.
    fn all_below(&self, node: usize, element: u32, piece: Piece, out: &mut Captured) {
        out.pieces.extend(self.nodes[node].slots.iter().map(|slot| (*slot, element, piece)));
        for (_, child) in &self.nodes[node].children {
            self.all_below(*child, element, piece, out);
        }
    }
}

/// The walk over one record.
pub(super) struct Walk<'w> {
    paths: &'w Paths,
    bytes: &'w [u8],
    out: &'w mut Captured,
    /// Hashes of the keys of all open objects.
    keys: &'w mut Vec<u64>,
    /// The element of `each` that is being walked.
    element: u32,
    name: Vec<u8>,
    /// Where values are noted, to make a template.
    noted: Option<&'w mut Noted>,
}

impl<'w> Walk<'w> {
    pub fn new(paths: &'w Paths, bytes: &'w [u8], out: &'w mut Captured, keys: &'w mut Vec<u64>, noted: Option<&'w mut Noted>) -> Self {
        out.pieces.clear();
        out.elements = 0;
        out.single = None;
        keys.clear();
        Self { paths, bytes, out, keys, element: 0, name: Vec::new(), noted }
    }

    fn note(&mut self, range: Range<usize>, node: Option<usize>) {
        if let Some(noted) = &mut self.noted {
            noted.values.push(ValueAt { range, node });
        }
    }

    /// A slot is filled by something other than one value.
    fn irregular(&mut self) {
        if let Some(noted) = &mut self.noted {
            noted.irregular = true;
        }
    }

    /// Walks over an object that is all of the bytes but blanks around it.
    pub fn record(mut self) -> Result<(), RejectReason> {
        let begin = blanks(self.bytes, 0);
        if self.bytes.get(begin) != Some(&b'{') {
            return Err(RejectReason::InvalidJson);
        }
        let end = self.object(begin, 1, Some(0))?;
        if blanks(self.bytes, end) < self.bytes.len() { Err(RejectReason::InvalidJson) } else { Ok(()) }
    }

    fn value(&mut self, place: usize, depth: usize, node: Option<usize>) -> Result<usize, RejectReason> {
        match self.bytes.get(place) {
            None => Err(RejectReason::InvalidJson),
            Some(b'"') => {
                let (end, escaped) = string(self.bytes, place + 1)?.ok_or(RejectReason::InvalidJson)?;
                self.note(place..end + 1, node);
                if let Some(node) = node {
                    self.scalar(node, Piece::text(place + 1, end, escaped));
                }
                Ok(end + 1)
            }
            Some(b'{') => self.object(place, depth, node),
            Some(b'[') => self.list(place, depth, node),
            Some(first) => {
                let end = bare(self.bytes, place)?;
                self.note(place..end, node);
                if let Some(node) = node {
                    self.scalar(node, Piece::bare(*first, place, end));
                }
                Ok(end)
            }
        }
    }

    /// A value that has no parts: right where a path ends, wrong where one goes on.
    fn scalar(&mut self, node: usize, piece: Piece) {
        if let (Some(own), false) = (self.paths.nodes[node].element, piece == Piece::Empty) {
            self.begin_element();
            self.fill(own, piece);
            self.element = 0;
        }
        self.fill(node, piece);
    }

    fn fill(&mut self, node: usize, piece: Piece) {
        let (paths, element) = (self.paths, self.element);
        let Node { children, slots, .. } = &paths.nodes[node];
        let further = if piece == Piece::Empty { Piece::Empty } else { Piece::Invalid };
        for (_, child) in children {
            paths.all_below(*child, element, further, self.out);
        }
        self.out.pieces.extend(slots.iter().map(|slot| (*slot, element, piece)));
    }

    fn begin_element(&mut self) {
        self.irregular();
        self.element = self.out.elements;
        self.out.elements += 1;
    }

    fn list(&mut self, place: usize, depth: usize, node: Option<usize>) -> Result<usize, RejectReason> {
        if depth > DEEPEST {
            return Err(RejectReason::TooDeep);
        }
        let own = node.and_then(|node| self.paths.nodes[node].element);
        let mut place = blanks(self.bytes, place + 1);
        if self.bytes.get(place) == Some(&b']') {
            if let Some(node) = node {
                if self.paths.is_planned(node) {
                    self.irregular();
                }
                self.paths.all_below(node, self.element, Piece::Empty, self.out);
            }
            return Ok(place + 1);
        }
        loop {
            place = match own {
                None => self.value(place, depth + 1, node)?,
                Some(own) => {
                    // An element that is null makes no record.
                    let null = self.bytes.get(place) == Some(&b'n');
                    if !null {
                        self.begin_element();
                    }
                    let end = self.value(place, depth + 1, (!null).then_some(own))?;
                    self.element = 0;
                    end
                }
            };
            place = blanks(self.bytes, place);
            match self.bytes.get(place) {
                Some(b',') => place = blanks(self.bytes, place + 1),
                Some(b']') => return Ok(place + 1),
                _ => return Err(RejectReason::InvalidJson),
            }
        }
    }

    fn object(&mut self, place: usize, depth: usize, node: Option<usize>) -> Result<usize, RejectReason> {
        if depth > DEEPEST {
            return Err(RejectReason::TooDeep);
        }
        if let Some(node) = node {
            let element = self.element;
            if !self.paths.nodes[node].slots.is_empty() {
                self.irregular();
            }
            self.out.pieces.extend(self.paths.nodes[node].slots.iter().map(|slot| (*slot, element, Piece::Invalid)));
            if let Some(own) = self.paths.nodes[node].element {
                // One object where a list should be counts as a list of one.
                self.begin_element();
                let end = self.members(place, depth, Some(own))?;
                self.element = 0;
                return Ok(end);
            }
        }
        self.members(place, depth, node)
    }

    fn members(&mut self, place: usize, depth: usize, node: Option<usize>) -> Result<usize, RejectReason> {
        let first_key = self.keys.len();
        let mut many: Option<HashSet<u64>> = None;
        let mut place = blanks(self.bytes, place + 1);
        if self.bytes.get(place) == Some(&b'}') {
            return Ok(place + 1);
        }
        loop {
            if self.bytes.get(place) != Some(&b'"') {
                return Err(RejectReason::InvalidJson);
            }
            let (end, escaped) = string(self.bytes, place + 1)?.ok_or(RejectReason::InvalidJson)?;
            let raw = self.bytes.get(place + 1..end).unwrap_or_default();
            let mut name = std::mem::take(&mut self.name);
            name.clear();
            let key_bytes = if escaped {
                unescape(raw, &mut name);
                name.as_slice()
            } else {
                raw
            };
            // Two keys with one hash of 64 bits are taken for equal: at worst a record is rejected, never misread.
            let hash = key::hash(0, key_bytes);
            let child = node.and_then(|node| self.paths.child(node, key_bytes));
            self.name = name;
            let twice = match &mut many {
                Some(many) => !many.insert(hash),
                None => {
                    let own = &self.keys[first_key..];
                    let twice = own.contains(&hash);
                    if own.len() >= MANY_KEYS {
                        many = Some(own.iter().copied().chain([hash]).collect());
                    } else {
                        self.keys.push(hash);
                    }
                    twice
                }
            };
            if twice {
                return Err(RejectReason::DuplicateKey);
            }
            place = blanks(self.bytes, end + 1);
            if self.bytes.get(place) != Some(&b':') {
                return Err(RejectReason::InvalidJson);
            }
            place = blanks(self.bytes, place + 1);
            place = self.value(place, depth + 1, child)?;
            place = blanks(self.bytes, place);
            match self.bytes.get(place) {
                Some(b',') => place = blanks(self.bytes, place + 1),
                Some(b'}') => {
                    self.keys.truncate(first_key);
                    return Ok(place + 1);
                }
                _ => return Err(RejectReason::InvalidJson),
            }
        }
    }
}
