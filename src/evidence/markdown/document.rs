//! Front matter, control tables, headings and text of one document.

use std::collections::HashMap;

/// A document with more keys than this is too long: it is no document any more.
pub(super) const MOST_KEYS: usize = 10_000;

/// A key's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    List(Vec<String>),
    /// A map, which no field can hold.
    Nested,
}

/// A document, taken apart.
#[derive(Debug)]
pub(super) struct Document<'t> {
    /// In order of mention; none is noted behind the first beyond [`MOST_KEYS`].
    pub keys: Vec<String>,
    values: HashMap<String, Value>,
    heading: Option<String>,
    /// Everything behind the front matter.
    pub text: &'t str,
}

/// Without emphasis and code marks around it.
fn bare(value: &str) -> &str {
    let mut value = value.trim();
    for mark in ["**", "__", "*", "_", "`"] {
        if let Some(inner) = value.strip_prefix(mark).and_then(|value| value.strip_suffix(mark)) {
            value = inner.trim();
        }
    }
    value
}

fn key(text: &str) -> String {
    bare(bare(text).trim_end_matches(':')).trim_end_matches(':').trim().to_lowercase()
}

fn unquote(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.split(quote).next()) {
            return inner.to_owned();
        }
    }
    bare(value.split(" #").next().unwrap_or(value)).to_owned()
}

impl<'t> Document<'t> {
    pub fn read(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (front, body) = front_matter(text);
        let mut document = Self { keys: Vec::new(), values: HashMap::new(), heading: None, text: body };
        if let Some(front) = front {
            document.front(front);
        }
        document.body(body);
        document
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(&key.to_lowercase())
    }

    pub fn title(&self) -> Option<String> {
        match self.get("title") {
            Some(Value::Text(title)) if !title.is_empty() => Some(title.clone()),
            _ => self.heading.clone(),
        }
    }

    fn add(&mut self, name: String, value: Value) {
        if !name.is_empty() && name != "text" && name != "path" && !self.values.contains_key(&name) && self.keys.len() <= MOST_KEYS {
            self.keys.push(name.clone());
            self.values.insert(name, value);
        }
    }

    fn front(&mut self, front: &str) {
        let mut lines = front.lines().peekable();
        while let Some(line) = lines.next() {
            if line.starts_with([' ', '\t', '-', '#']) {
                continue;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            if let Some(list) = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')) {
                let items = list.split(',').map(unquote).filter(|item| !item.is_empty());
                self.add(key(name), Value::List(items.collect()));
                continue;
            }
            let (mut items, mut nested) = (Vec::new(), false);
            while let Some(next) = lines.peek().filter(|next| next.starts_with([' ', '\t', '-']) && !next.starts_with("---")) {
                match next.trim().strip_prefix("- ") {
                    Some(item) => items.push(unquote(item)),
                    None => nested |= !next.trim().is_empty() && !next.trim().starts_with('#'),
                }
                lines.next();
            }
            let value = match (value.is_empty(), nested, items.is_empty()) {
                (true, true, _) => Value::Nested,
                (true, false, false) => Value::List(items),
                _ => Value::Text(unquote(value)),
            };
            self.add(key(name), value);
        }
    }

    fn body(&mut self, body: &str) {
        let mut before = "";
        let mut table: Vec<(String, String)> = Vec::new();
        let mut columns = true;
        for line in body.lines().chain([""]) {
            let trimmed = line.trim();
            if self.heading.is_none() {
                self.heading = heading(line, before);
            }
            if let Some(row) = trimmed.strip_prefix('|') {
                let cells: Vec<&str> = row.strip_suffix('|').unwrap_or(row).split('|').map(str::trim).collect();
                match cells.as_slice() {
                    [left, right] if left.chars().chain(right.chars()).all(|letter| matches!(letter, '-' | ':' | ' ')) && !left.is_empty() => {}
                    [left, right] => table.push((key(left), bare(right).to_owned())),
                    _ => columns = false,
                }
            } else {
                if columns {
                    for (name, value) in table.drain(..) {
                        self.add(name, Value::Text(value));
                    }
                }
                table.clear();
                columns = true;
            }
            before = trimmed;
        }
    }
}

fn heading(line: &str, before: &str) -> Option<String> {
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&marks) {
        let rest = line.get(marks..).unwrap_or_default();
        if rest.starts_with([' ', '\t']) {
            let title = rest.trim().trim_end_matches('#').trim();
            return (!title.is_empty()).then(|| bare(title).to_owned());
        }
    }
    let underline = line.trim_end();
    (!before.is_empty() && !underline.is_empty() && underline.bytes().all(|byte| byte == b'=')).then(|| bare(before).to_owned())
}

/// The front matter, where there is one, and what follows it.
fn front_matter(text: &str) -> (Option<&str>, &str) {
    let mut offset = 0;
    let mut begin = 0;
    let mut opened = false;
    let mut keys = false;
    for line in text.split_inclusive('\n') {
        let bare_line = line.trim_end();
        let next = offset + line.len();
        if offset == 0 && bare_line == "---" {
            opened = true;
            begin = next;
        } else if bare_line == "---" || bare_line == "..." {
            return if opened || keys { (text.get(begin..offset), text.get(next..).unwrap_or_default()) } else { (None, text) };
        } else if !opened {
            let pair = bare_line
                .split_once(':')
                .is_some_and(|(name, value)| !name.is_empty() && !name.contains(['|', '*']) && (value.is_empty() || value.starts_with(' ')));
            keys |= pair && !bare_line.starts_with([' ', '\t', '-', '#']);
            let harmless = bare_line.is_empty() || bare_line.starts_with([' ', '\t', '#']) || bare_line.starts_with("- ");
            if !pair && !harmless {
                return (None, text);
            }
        }
        offset = next;
    }
    (None, text)
}
