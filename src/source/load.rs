//! Source profiles: read, checked, with every mistake at once.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use regex::Regex;

use super::kinds::FieldKinds;
use super::raw::{RawExported, RawIdentity, RawSource, RawSourceField, RawSourceTable, RawUnpivot};
use super::{
    Exported, ExportedFrom, Paging, Recognise, Source, SourceField, SourceFormat, SourceIdentity, SourceOrigin, SourceShape, SourceTable,
    SourceUnpivot, json_path,
};
use crate::dataset::{self, FieldKind};
use crate::diagnostic::Diagnostics;
use crate::digest::sha256_hex;
use crate::parallel;
use crate::suggest;
use crate::yaml::{self, Origin, Place, Spanned};

/// A source's file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// As diagnostics show it.
    pub file: String,
    /// The file's stem.
    pub id: String,
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
}

/// All sources, with what they add to the datasets.
#[derive(Debug, Default)]
pub struct Sources {
    /// By id.
    pub sources: Vec<Source>,
    /// Fields and datasets that they add.
    pub kinds: FieldKinds,
}

/// The sources in the binary.
#[must_use]
pub fn built_in() -> Vec<SourceFile> {
    let file = |file: &crate::embedded::File| SourceFile {
        file: format!("built-in:sources/{}", file.path),
        id: file.path.trim_end_matches(".yaml").to_owned(),
        bytes: Cow::Borrowed(file.bytes),
    };
    crate::embedded::sources().iter().map(file).collect()
}

/// The `*.yaml` files of a folder.
///
/// # Errors
/// It cannot be read, or holds none.
pub fn folder(dir: &Path) -> Result<Vec<SourceFile>, Diagnostics> {
    let files = crate::files::read_all(dir)?;
    let sources = files.into_iter().filter_map(|(path, bytes)| {
        let id = path.strip_suffix(".yaml").filter(|id| !id.contains('/'))?.to_owned();
        Some(SourceFile { file: format!("{}/{path}", dir.display()), id, bytes: Cow::Owned(bytes) })
    });
    let sources: Vec<_> = sources.collect();
    if sources.is_empty() {
        return Err(crate::files::whole(dir, "no-source", "no source lies here".to_owned(), Some("a source is a file `<id>.yaml`")).into());
    }
    Ok(sources)
}

/// Parses and checks all; ids are unique, and fields that several sources add are of one kind.
///
/// # Errors
/// Every mistake of every file.
pub fn load(files: &[SourceFile]) -> Result<Sources, Diagnostics> {
    let (mut loaded, mut problems) = (Sources::default(), Diagnostics::default());
    let mut patterns = Patterns::new();
    for (file, parsed) in files.iter().zip(parallel::each(files, parse)) {
        let read = parsed.and_then(|(origin, raw)| {
            let mut reading = Reading { origin: &origin, kinds: &mut loaded.kinds, patterns: &mut patterns, problems: Diagnostics::default() };
            let source = reading.source(file, &raw);
            if reading.problems.is_empty() { Ok(source) } else { Err(reading.problems) }
        });
        match read {
            Ok(source) if loaded.sources.iter().any(|known| known.id == source.id) => {
                let whole = Origin { file: file.file.clone(), text: String::new() };
                let message = format!("two sources have the id `{}`", source.id);
                problems.push(whole.diagnostic(Place::default(), "duplicate-id", message, Some("give your own source another id".to_owned())));
            }
            Ok(source) => loaded.sources.push(source),
            Err(more) => problems.extend(more),
        }
    }
    loaded.sources.sort_by(|left, right| left.id.cmp(&right.id));
    if problems.is_empty() { Ok(loaded) } else { Err(problems) }
}

fn parse(file: &SourceFile) -> Result<(Origin, RawSource), Diagnostics> {
    let origin = yaml::decode(&file.file, &file.bytes)?;
    let raw = match file.bytes {
        Cow::Borrowed(_) => yaml::parse_built_in(&origin)?,
        Cow::Owned(_) => yaml::parse_origin(&origin)?,
    };
    Ok((origin, raw))
}

/// Compiled patterns by their text: sources have the same ones, and compiling takes its time.
type Patterns = HashMap<String, Regex>;

struct Reading<'r> {
    origin: &'r Origin,
    kinds: &'r mut FieldKinds,
    patterns: &'r mut Patterns,
    problems: Diagnostics,
}

impl Reading<'_> {
    fn wrong(&mut self, at: Place, code: &'static str, message: impl AsRef<str>, help: Option<String>) {
        self.problems.push(self.origin.diagnostic(at, code, message, help));
    }

    fn pattern(&mut self, text: &Spanned<String>) -> Option<Regex> {
        if let Some(known) = self.patterns.get(&text.value) {
            return Some(known.clone());
        }
        match regex::RegexBuilder::new(&text.value).size_limit(1 << 20).build() {
            Ok(pattern) => {
                self.patterns.insert(text.value.clone(), pattern.clone());
                Some(pattern)
            }
            Err(_) => {
                self.wrong(text.at, "wrong-pattern", format!("`{}` is no regular expression", text.value), None);
                None
            }
        }
    }

    fn source(&mut self, file: &SourceFile, raw: &RawSource) -> Source {
        if raw.id.value != file.id {
            self.wrong(raw.id.at, "source-id", format!("the id is `{}`, the file `{}.yaml`", raw.id.value, file.id), None);
        }
        let recognise = &raw.recognise.value;
        if recognise.headers.is_empty() && recognise.members.is_empty() && recognise.keys.is_empty() && recognise.file_name.is_none() {
            self.wrong(
                raw.recognise.at,
                "recognises-all",
                "the source would take every file",
                Some("name headers, members, keys or file_name".to_owned()),
            );
        }
        if raw.format == SourceFormat::Csv && (!recognise.keys.is_empty() || !recognise.members.is_empty()) {
            self.wrong(raw.recognise.at, "wrong-recognise", "CSV is known by `headers` and `file_name`", None);
        }
        if raw.format != SourceFormat::Csv && !recognise.headers.is_empty() {
            self.wrong(raw.recognise.at, "wrong-recognise", "only CSV has `headers`", None);
        }
        if raw.tables.value.is_empty() {
            self.wrong(raw.tables.at, "no-table", "a source feeds at least one dataset", None);
        }
        let members = recognise.members.iter().filter_map(|(name, pattern)| Some((name.clone(), self.pattern(pattern)?))).collect();
        let delimiter = raw.csv.as_ref().and_then(|csv| match csv.delimiter.value.as_str() {
            "auto" => None,
            "tab" => Some(b'\t'),
            text if text.len() == 1 => text.bytes().next(),
            _ => {
                self.wrong(csv.delimiter.at, "wrong-delimiter", "the delimiter is `auto`, `tab` or one character", None);
                None
            }
        });
        let file_name = recognise.file_name.as_ref().and_then(|pattern| self.pattern(pattern));
        let exported_at = raw.exported_at.as_ref().and_then(|exported| self.exported_at(raw.format, exported));
        let tables = raw.tables.value.iter().map(|table| self.table(raw.format, table)).collect();
        Source {
            id: raw.id.value.clone(),
            title: raw.title.clone(),
            system: raw.system.clone(),
            format: raw.format,
            recognise: Recognise {
                headers: recognise.headers.clone(),
                members,
                keys: recognise.keys.iter().map(|key| json_path(key)).collect(),
                file_name,
            },
            delimiter,
            list: raw.list.clone(),
            paging: Paging { next: raw.paging.next.clone(), total: raw.paging.total.clone(), more: raw.paging.more.clone() },
            exported_at,
            skip_when_empty: raw.skip_when_empty.clone(),
            tables,
            sha256: sha256_hex(&file.bytes),
        }
    }

    fn exported_at(&mut self, format: SourceFormat, raw: &Spanned<RawExported>) -> Option<Exported> {
        let RawExported { member, column, file_name, dates } = &raw.value;
        let from = match (member, column, file_name) {
            (Some(member), None, None) if format == SourceFormat::Json => ExportedFrom::Member(member.clone()),
            (None, Some(column), None) if format != SourceFormat::Markdown => ExportedFrom::Column(column.clone()),
            (None, None, Some(pattern)) => ExportedFrom::FileName(self.group(pattern)?),
            _ => {
                let message = "give exactly one of `member` (JSON), `column` (CSV, JSON) and `file_name`";
                self.wrong(raw.at, "wrong-origin", message, None);
                return None;
            }
        };
        Some(Exported { from, dates: dates.clone() })
    }

    /// A pattern with a capture group.
    fn group(&mut self, pattern: &Spanned<String>) -> Option<Regex> {
        let compiled = self.pattern(pattern)?;
        if compiled.captures_len() < 2 {
            self.wrong(pattern.at, "no-group", "the pattern has no capture group", Some("put (...) around what is wanted".to_owned()));
        }
        Some(compiled)
    }

    fn table(&mut self, format: SourceFormat, raw: &RawSourceTable) -> SourceTable {
        let dataset = &raw.dataset.value;
        if dataset::derived::find(dataset).is_some() {
            let help = "map the export onto what it is made of: see `rolecall list datasets`".to_owned();
            self.wrong(raw.dataset.at, "wrong-dataset", format!("no export delivers `{dataset}`: it is made of other datasets"), Some(help));
        }
        let shape = match (&raw.each, &raw.unpivot) {
            (None, None) => SourceShape::Plain,
            (Some(path), None) if matches!(format, SourceFormat::Json | SourceFormat::Ndjson) => SourceShape::Each(json_path(path)),
            (None, Some(unpivot)) if format == SourceFormat::Csv => self.unpivot(dataset, unpivot),
            _ => {
                self.wrong(raw.dataset.at, "wrong-shape", "`each` is for JSON, `unpivot` for CSV, and only one of them", None);
                SourceShape::Plain
            }
        };
        let turned = |name: &String| {
            raw.unpivot.as_ref().is_some_and(|unpivot| {
                let RawUnpivot { header, value, second, .. } = &unpivot.value;
                header.value == *name || value.value == *name || second.as_ref().is_some_and(|second| second.value == *name)
            })
        };
        let fields = raw.fields.iter().filter_map(|(name, field)| self.field(dataset, name, field, turned(name))).collect();
        let identity = raw.identity.as_ref().map(|identity| {
            let mapped = |name: &String| raw.fields.contains_key(name) || turned(name);
            self.identity(dataset, identity, &mapped, &raw.fields)
        });
        SourceTable { dataset: dataset.clone(), shape, fields, identity, absent_is_empty: raw.absent.is_some() }
    }

    fn identity(
        &mut self,
        dataset: &str,
        raw: &Spanned<RawIdentity>,
        mapped: &dyn Fn(&String) -> bool,
        fields: &BTreeMap<String, Spanned<RawSourceField>>,
    ) -> SourceIdentity {
        let RawIdentity { joins, binds, names_of } = &raw.value;
        if dataset == "people" {
            let help = Some("leave `identity` out: the roster is known by `person_id`, `email` and `user_name`".to_owned());
            self.wrong(raw.at, "wrong-identity", "`people` is the roster, which joins nothing", help);
        }
        if joins.is_empty() != binds.is_empty() {
            let help = Some("`joins` says whose an account is, `binds` what the system calls it".to_owned());
            self.wrong(raw.at, "wrong-identity", "`joins` and `binds` go together", help);
        }
        for name in joins.values().flatten().chain(binds).filter(|name| !mapped(&name.value)) {
            let help = suggest::help(&name.value, fields.keys().map(String::as_str));
            self.wrong(name.at, "unknown-field", format!("`{}` is not mapped", name.value), help);
        }
        SourceIdentity {
            joins: joins.iter().flat_map(|(field, names)| names.iter().map(|name| (*field, name.value.clone()))).collect(),
            binds: binds.iter().map(|name| name.value.clone()).collect(),
            names_of: names_of.as_ref().map(|system| system.value.clone()),
        }
    }

    fn unpivot(&mut self, dataset: &str, raw: &Spanned<RawUnpivot>) -> SourceShape {
        for field in [Some(&raw.header), Some(&raw.value.value), raw.second.as_ref()].into_iter().flatten() {
            self.kind(dataset, &field.value, None, field.at);
        }
        if raw.pairs != raw.second.is_some() {
            self.wrong(raw.at, "wrong-shape", "`pairs: true` and `second` go together", None);
        }
        SourceShape::Unpivot(SourceUnpivot {
            keep: raw.keep.clone(),
            header: raw.header.value.clone(),
            value: raw.value.value.value.clone(),
            second: raw.second.as_ref().map(|field| field.value.clone()),
            raci: raw.raci,
        })
    }

    fn kind(&mut self, dataset: &str, name: &str, stated: Option<FieldKind>, at: Place) -> Option<FieldKind> {
        let known = dataset::find(dataset).and_then(|dataset| dataset.field(name));
        if let Some(kind) = known {
            if stated.is_some_and(|stated| stated != kind) {
                self.wrong(at, "wrong-kind", format!("the contract has `{dataset}.{name}` as another kind"), Some("leave `kind` out".to_owned()));
            }
            return Some(kind);
        }
        if !FieldKinds::may_be_added(dataset, name) {
            let fields = FieldKinds::default().fields(dataset);
            let help = suggest::closest(name, fields.iter().map(String::as_str))
                .map(|close| format!("did you mean `{close}`? own fields begin with `ext.`"));
            self.wrong(at, "unknown-field", format!("`{dataset}` has no field `{name}`"), help.or(Some("own fields begin with `ext.`".to_owned())));
            return None;
        }
        let kind = stated.unwrap_or(FieldKind::Text);
        if self.kinds.add(dataset, name, kind).is_err() {
            self.wrong(at, "wrong-kind", format!("another source has `{dataset}.{name}` as another kind"), None);
        }
        Some(kind)
    }

    fn field(&mut self, dataset: &str, name: &str, raw: &Spanned<RawSourceField>, turned: bool) -> Option<SourceField> {
        let kind = self.kind(dataset, name, raw.kind, raw.at)?;
        let RawSourceField { from, first_of, constant, file_name, .. } = &raw.value;
        let from = match (from, first_of, constant, file_name) {
            // A turned column's place is known; only its spellings are given here.
            (None, None, None, None) if turned => SourceOrigin::Constant(String::new()),
            (Some(column), None, None, None) => SourceOrigin::Column(column.clone()),
            (None, Some(columns), None, None) if !columns.is_empty() => SourceOrigin::FirstOf(columns.clone()),
            (None, None, Some(value), None) => SourceOrigin::Constant(value.0.clone()),
            (None, None, None, Some(pattern)) => SourceOrigin::FileName(self.group(pattern)?),
            _ => {
                self.wrong(raw.at, "wrong-origin", "give exactly one of `from`, `first_of`, `constant` and `file_name`", None);
                return None;
            }
        };
        Some(SourceField {
            name: name.to_owned(),
            kind,
            from,
            values: raw.values.iter().map(|(spelling, value)| (spelling.clone(), value.0.clone())).collect(),
            dates: raw.dates.clone(),
            empty: raw.empty.iter().map(|value| value.0.clone()).collect(),
            split: raw.split.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{SourceFile, load};

    fn told(dataset: &str, identity: &str) -> String {
        let text = format!(
            "id: x\ntitle: X\nformat: csv\nrecognise: {{ headers: [a] }}\ntables:\n  - dataset: {dataset}\n    fields:\n      email: {{ from: a }}\n    identity: {identity}\n"
        );
        let file = SourceFile { file: "x.yaml".to_owned(), id: "x".to_owned(), bytes: Cow::Owned(text.into_bytes()) };
        load(&[file]).map_or_else(|problems| problems.render(), |_| String::new())
    }

    #[test]
    fn identity_is_declared_whole_or_not_at_all() {
        for (dataset, identity, expected) in [
            ("accounts", "{}", ""),
            ("accounts", "{ names_of: y }", ""),
            ("accounts", "{ joins: { email: [email] }, binds: [email] }", ""),
            ("accounts", "{ joins: { email: [email] } }", "wrong-identity"),
            ("accounts", "{ binds: [email] }", "wrong-identity"),
            ("accounts", "{ joins: { email: [emial] }, binds: [email] }", "did you mean `email`"),
            ("accounts", "{ joins: { email: [email] }, binds: [user_name] }", "unknown-field"),
            ("accounts", "{ joins: { mail: [email] }, binds: [email] }", "mail"),
            ("accounts", "[email]", "error"),
            ("people", "{}", "leave `identity` out"),
        ] {
            let told = told(dataset, identity);
            assert!(if expected.is_empty() { told.is_empty() } else { told.contains(expected) }, "{dataset} {identity}: {told}");
        }
    }
}
