//! Recognition: which source knows a head.
//!
//! Every part of a source's `recognise` must hold. Of the sources that know a
//! file, the one that names most columns, members and keys takes it; among
//! equals one that also knows the file's name; beyond that it is ambiguous.

use std::ops::Range;

use super::untaken::{Nearest, Untaken};
use super::{Facts, Recognised, exported};
use crate::evidence::block::ReadProblem;
use crate::evidence::csv::{self, CsvHead};
use crate::evidence::json::{self, JsonHead};
use crate::evidence::layout::JsonDialect;
use crate::evidence::markdown;
use crate::source::{ExportedFrom, Source, SourceFormat, json_path};

/// So many records are looked at for the keys that a source needs.
const RECORDS: usize = 8;
/// So much of a head is looked at for each further record.
const WINDOW: usize = 64 << 10;

/// A head under recognition; what was learned for one source serves the next.
pub(super) struct Look<'h> {
    head: &'h [u8],
    /// The last bytes of a file whose head is not all of it.
    tail: &'h [u8],
    whole: bool,
    name: &'h str,
    form: Form,
    csv: Vec<(Option<u8>, Result<CsvHead, ReadProblem>)>,
    json: Vec<(Option<String>, JsonView)>,
    lines: Option<Vec<Range<usize>>>,
    short: bool,
}

/// What the first characters say of the outer form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Neither list nor object: delimited text or Markdown.
    Text,
    /// As text, but most lines are objects.
    TextOrLines,
    /// A JSON document.
    Json,
    /// Several lines, each an object.
    Lines,
    /// One object on one line: a document, or a line.
    OneLine,
}

/// A JSON head as one wrapper member makes it look.
struct JsonView {
    head: JsonHead,
    records: Vec<Range<usize>>,
    more: bool,
}

/// How well a source knows a head.
struct Fit {
    /// Names that it needs and that are there.
    found: usize,
    /// What it needs and is not there.
    missing: Vec<String>,
    /// Whether it also knows the file's name.
    by_name: bool,
}

impl<'h> Look<'h> {
    /// A look at a head; `whole`: it is the whole file.
    pub fn new(head: &'h [u8], tail: &'h [u8], whole: bool, name: &'h str) -> Self {
        Self { head, tail, whole, name, form: form(head, whole), csv: Vec::new(), json: Vec::new(), lines: None, short: false }
    }

    /// Whether something that was looked for may lie beyond the head.
    pub const fn short(&self) -> bool {
        self.short && !self.whole
    }

    /// The source that takes the file.
    pub fn choose(&mut self, sources: &[Source]) -> Result<usize, Untaken> {
        let mut near: Vec<(usize, Fit)> = Vec::new();
        for formats in self.formats() {
            let mut fits: Vec<(usize, Fit)> = Vec::new();
            for (index, source) in sources.iter().enumerate().filter(|(_, source)| formats.contains(&source.format)) {
                let Some(fit) = self.fit(source) else { continue };
                if fit.missing.is_empty() { fits.push((index, fit)) } else { near.push((index, fit)) }
            }
            let Some(best) = fits.iter().map(|(_, fit)| (fit.found, fit.by_name)).max() else { continue };
            let best: Vec<usize> = fits.iter().filter(|(_, fit)| (fit.found, fit.by_name) == best).map(|(index, _)| *index).collect();
            if let [only] = best.as_slice() {
                return Ok(*only);
            }
            let mut ids: Vec<String> = best.iter().map(|index| sources[*index].id.clone()).collect();
            ids.sort();
            return Err(Untaken::Ambiguous { sources: ids });
        }
        Err(self.unknown(sources, near))
    }

    /// What a source is told of a file that it takes.
    pub fn facts(&mut self, sources: &[Source], index: usize) -> Result<Recognised, Untaken> {
        let source = &sources[index];
        let (facts, names) = match source.format {
            SourceFormat::Csv => {
                let head = self.sniff(source.delimiter).clone().map_err(|problem| unreadable(&problem))?;
                if self.short() && cut(&head, self.head) {
                    return Err(Untaken::unreadable("header-too-long", "the header row is longer than 1 MiB; export fewer columns"));
                }
                let names = head.header.clone();
                (Facts::Csv(head), names)
            }
            SourceFormat::Json => {
                let view = self.view(source.list.as_deref());
                let record = view.records.first().cloned();
                (Facts::Json(JsonDialect { list: source.list.clone() }), self.keys_of(record))
            }
            SourceFormat::Ndjson => {
                let record = self.lines().first().cloned();
                (Facts::NdJson, self.keys_of(record))
            }
            SourceFormat::Markdown => {
                let names = markdown::peek(self.head).map_or_else(Vec::new, |head| head.keys);
                (Facts::Markdown, names)
            }
        };
        let exported = self.exported(source, &facts);
        Ok(Recognised { source: index, facts, names, exported })
    }

    /// When the file was exported, where its source knows how it tells.
    fn exported(&mut self, source: &Source, facts: &Facts) -> Option<exported::Told> {
        let exported = source.exported_at.as_ref()?;
        let text = match (&exported.from, facts) {
            (ExportedFrom::FileName(pattern), _) => pattern.captures(self.name)?.get(1)?.as_str().to_owned(),
            (ExportedFrom::Member(name), Facts::Json(_)) => {
                let view = self.view(source.list.as_deref());
                view.head.members.iter().find(|member| member.name == *name)?.value.clone()
            }
            (ExportedFrom::Column(column), Facts::Csv(head)) => exported::cell(self.head, head, column)?,
            (ExportedFrom::Column(path), Facts::Json(_)) => {
                let record = self.view(source.list.as_deref()).records.first().cloned()?;
                exported::value(self.head.get(record)?, &json_path(path))?
            }
            (ExportedFrom::Column(path), Facts::NdJson) => {
                let line = self.lines().first().cloned()?;
                exported::value(self.head.get(line)?, &json_path(path))?
            }
            _ => return None,
        };
        let by_name = matches!(exported.from, ExportedFrom::FileName(_));
        Some(exported::Told { value: exported::normalise(&text, exported)?, by_name })
    }

    /// The formats to try: all of the first group, then, where none takes it, the next.
    fn formats(&self) -> Vec<Vec<SourceFormat>> {
        let lines_by_name = [".ndjson", ".jsonl"].iter().any(|end| self.name.to_ascii_lowercase().ends_with(end));
        match self.form {
            Form::Text => vec![vec![SourceFormat::Csv, SourceFormat::Markdown]],
            Form::TextOrLines => vec![vec![SourceFormat::Csv, SourceFormat::Markdown], vec![SourceFormat::Ndjson]],
            Form::Json => vec![vec![SourceFormat::Json]],
            Form::Lines => vec![vec![SourceFormat::Ndjson]],
            Form::OneLine if lines_by_name => vec![vec![SourceFormat::Ndjson], vec![SourceFormat::Json]],
            Form::OneLine => vec![vec![SourceFormat::Json], vec![SourceFormat::Ndjson]],
        }
    }

    /// How well a source knows the head; `None`: not at all, or it says nothing to know it by.
    fn fit(&mut self, source: &Source) -> Option<Fit> {
        let wanted = &source.recognise;
        let mut fit = Fit { found: 0, missing: Vec::new(), by_name: wanted.file_name.is_some() };
        let names = wanted.headers.len() + wanted.members.len() + wanted.keys.len();
        if names == 0 && !fit.by_name {
            return None;
        }
        match source.format {
            SourceFormat::Csv => self.fit_csv(source, &mut fit),
            SourceFormat::Json => self.fit_json(source, &mut fit),
            SourceFormat::Ndjson => {
                let lines = self.lines().to_vec();
                self.fit_keys(&wanted.keys, &lines, &mut fit);
            }
            SourceFormat::Markdown => self.fit_markdown(source, &mut fit)?,
        }
        if let Some(pattern) = wanted.file_name.as_ref().filter(|pattern| !pattern.is_match(self.name)) {
            fit.missing.push(format!("a file name that matches {pattern}"));
        }
        Some(fit)
    }

    fn fit_csv(&mut self, source: &Source, fit: &mut Fit) {
        let Ok(head) = self.sniff(source.delimiter) else {
            fit.missing.extend(source.recognise.headers.iter().cloned());
            return;
        };
        for header in &source.recognise.headers {
            if head.header.contains(header) {
                fit.found += 1;
            } else {
                fit.missing.push(header.clone());
            }
        }
    }

    fn fit_json(&mut self, source: &Source, fit: &mut Fit) {
        let wanted = &source.recognise;
        let whole = self.whole;
        let view = self.view(source.list.as_deref());
        let list_missing = source.list.is_some() && !view.head.list_found;
        for (name, pattern) in &wanted.members {
            if view.head.members.iter().any(|member| member.name == *name && pattern.is_match(&member.value)) {
                fit.found += 1;
            } else {
                fit.missing.push(name.clone());
            }
        }
        let records = view.records.clone();
        // An export without records has no keys: its members, or its name, must tell.
        let no_records = whole && records.is_empty() && view.head.problem.is_none() && (view.head.list_found || view.head.is_array);
        let told = !wanted.members.is_empty() || wanted.file_name.is_some();
        if list_missing {
            fit.missing.extend(source.list.clone());
        }
        if no_records && told {
            fit.found += wanted.keys.len();
            return;
        }
        self.fit_keys(&wanted.keys, &records, fit);
        let next = |look: &mut Self| look.next_record(source.list.as_deref());
        // Not every record of an export has every key: another of the first may.
        while !wanted.keys.is_empty() && !fit.missing.is_empty() && fit.missing.len() <= wanted.keys.len() {
            let Some(record) = next(self) else { break };
            let mut other = Fit { found: 0, missing: Vec::new(), by_name: fit.by_name };
            self.fit_keys(&wanted.keys, &[record], &mut other);
            if other.missing.is_empty() {
                fit.found += wanted.keys.len();
                let keys: Vec<String> = wanted.keys.iter().map(|key| key.join(".")).collect();
                fit.missing.retain(|missing| !keys.contains(missing));
                break;
            }
        }
    }

    fn fit_markdown(&self, source: &Source, fit: &mut Fit) -> Option<()> {
        let wanted = &source.recognise;
        let named = wanted.file_name.is_some();
        let lower = self.name.to_ascii_lowercase();
        if !named && ![".md", ".markdown"].iter().any(|end| lower.ends_with(end)) {
            return None;
        }
        let head = markdown::peek(self.head)?;
        let keys = wanted.keys.iter().map(|key| key.join("."));
        for key in wanted.headers.iter().cloned().chain(keys) {
            if head.keys.contains(&key.to_lowercase()) {
                fit.found += 1;
            } else {
                fit.missing.push(key);
            }
        }
        Some(())
    }

    /// Counts the keys of the record that has most of them.
    fn fit_keys(&mut self, keys: &[Vec<String>], records: &[Range<usize>], fit: &mut Fit) {
        if records.is_empty() {
            self.short = true;
        }
        let missing_in =
            |record: &[u8]| -> Vec<String> { keys.iter().filter(|key| json::get(record, key).is_none()).map(|key| key.join(".")).collect() };
        let best = records.iter().filter_map(|record| self.head.get(record.clone())).map(missing_in).min_by_key(Vec::len);
        let missing = best.unwrap_or_else(|| keys.iter().map(|key| key.join(".")).collect());
        fit.found += keys.len() - missing.len();
        fit.missing.extend(missing);
    }

    /// The CSV header under a delimiter.
    fn sniff(&mut self, delimiter: Option<u8>) -> &Result<CsvHead, ReadProblem> {
        let at = match self.csv.iter().position(|(known, _)| *known == delimiter) {
            Some(at) => at,
            None => {
                let found = csv::sniff(self.head, delimiter);
                self.short |= match &found {
                    Ok(head) => cut(head, self.head),
                    Err(_) => true,
                };
                self.csv.push((delimiter, found));
                self.csv.len() - 1
            }
        };
        &self.csv[at].1
    }

    /// The JSON head as a wrapper member makes it look.
    fn view(&mut self, list: Option<&str>) -> &JsonView {
        let at = self.view_at(list);
        &self.json[at].1
    }

    fn view_at(&mut self, list: Option<&str>) -> usize {
        if let Some(at) = self.json.iter().position(|(known, _)| known.as_deref() == list) {
            return at;
        }
        let head = json::peek_ends(self.head, self.tail, list);
        self.short |= head.first.is_none() || (list.is_some() && !head.list_found);
        let records: Vec<Range<usize>> = head.first.clone().into_iter().collect();
        let more = head.is_array || head.list_found;
        self.json.push((list.map(str::to_owned), JsonView { head, records, more }));
        self.json.len() - 1
    }

    /// The record behind the last one that is known, while it is one of the first.
    fn next_record(&mut self, list: Option<&str>) -> Option<Range<usize>> {
        let at = self.view_at(list);
        let view = &mut self.json[at].1;
        let last = view.records.last()?.end;
        if !view.more || view.records.len() >= RECORDS {
            return None;
        }
        view.more = false;
        let gap = self.head.get(last..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if self.head.get(last + gap) != Some(&b',') {
            return None;
        }
        // What is left of the list is looked at as a list of its own.
        let start = last + gap + 1;
        let mut rest = vec![b'['];
        rest.extend_from_slice(&self.head[start..self.head.len().min(start + WINDOW)]);
        let found = json::peek(&rest, None).first?;
        let record = start + found.start.checked_sub(1)?..start + found.end.checked_sub(1)?;
        let view = &mut self.json[at].1;
        view.records.push(record.clone());
        view.more = true;
        Some(record)
    }

    /// The first lines that are objects.
    fn lines(&mut self) -> &[Range<usize>] {
        let (head, whole) = (self.head, self.whole);
        self.lines.get_or_insert_with(|| {
            let mut lines = Vec::new();
            let mut at = 0;
            while let Some(line) = head.get(at..).and_then(|rest| json::first_line(rest, whole)) {
                let end = at + line.end;
                lines.push(at + line.start..end);
                let Some(next) = memchr::memchr(b'\n', &head[end..]) else { break };
                at = end + next + 1;
                if lines.len() >= RECORDS {
                    break;
                }
            }
            lines
        })
    }

    /// The keys of a record, in order.
    fn keys_of(&self, record: Option<Range<usize>>) -> Vec<String> {
        let Some(record) = record.and_then(|record| self.head.get(record)) else { return Vec::new() };
        json::peek(record, None).members.into_iter().map(|member| member.name).collect()
    }

    /// Why nobody takes the file.
    fn unknown(&mut self, sources: &[Source], mut near: Vec<(usize, Fit)>) -> Untaken {
        let markdown = [".md", ".markdown"].iter().any(|end| self.name.to_ascii_lowercase().ends_with(end));
        let problem = match self.form {
            Form::Text if markdown => None,
            Form::Text => self.sniff(None).as_ref().err().cloned(),
            Form::Json => Some(self.view(None)).filter(|view| view.records.is_empty()).and_then(|view| view.head.problem.clone()),
            Form::Lines | Form::OneLine | Form::TextOrLines => None,
        };
        if let Some(problem) = problem {
            return unreadable(&problem);
        }
        near.retain(|(_, fit)| fit.found > 0);
        // The largest share of its names, then the most names, then the first by id.
        let share = |fit: &Fit| fit.found * 1_000 / (fit.found + fit.missing.len());
        near.sort_by(|(one, left), (other, right)| {
            let key = |fit: &Fit| (share(fit), fit.found);
            key(right).cmp(&key(left)).then_with(|| sources[*one].id.cmp(&sources[*other].id))
        });
        let nearest = near.into_iter().next().map(|(index, fit)| Nearest { source: sources[index].id.clone(), missing: fit.missing });
        Untaken::NotRecognised { nearest }
    }
}

/// Whether the header may go on behind the head.
fn cut(header: &CsvHead, head: &[u8]) -> bool {
    usize::try_from(header.body).map_or(true, |body| body >= head.len())
}

fn unreadable(problem: &ReadProblem) -> Untaken {
    let code = match problem.code {
        "encoding" => "not-utf-8",
        "empty" => "empty-file",
        code => code,
    };
    Untaken::unreadable(code, problem.message.clone())
}

fn form(head: &[u8], whole: bool) -> Form {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[' | b'{') if json::is_lines(head, whole) => {
            let only = |line: &Range<usize>| {
                let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
                blank(&head[head.len() - text.len()..line.start]) && blank(&head[line.end..])
            };
            if whole && json::first_line(head, whole).as_ref().is_some_and(only) { Form::OneLine } else { Form::Lines }
        }
        Some(b'[') => {
            let list = json::peek(head, None);
            if list.problem.is_none() || list.first.is_some() { Form::Json } else { Form::Text }
        }
        Some(b'{') => Form::Json,
        _ if json::is_lines(head, whole) => Form::TextOrLines,
        _ => Form::Text,
    }
}
