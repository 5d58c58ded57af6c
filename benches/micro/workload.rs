//! Evidence of the benchmark's form, and what the program makes of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rolecall::cli::{Known, Taking};
use rolecall::evidence::batch::{Batch, BatchBuffer};
use rolecall::evidence::layout::FileLayout;
use rolecall::evidence::read::{Marks, Parser, Splitter};
use rolecall::evidence::survey::layout;
use rolecall::plan::{Frame, Plan};
use rolecall::scan::LIST_MAX;
use rolecall::settings::{Settings, settle};

pub const SEED: u64 = 7;
const PEOPLE: u64 = 4_000;
const ASSIGNMENTS: u64 = 24_000;
const EVENTS: u64 = 16_000;

/// The five files in a folder of their own, and the plan for them.
pub struct Workload {
    _folder: tempfile::TempDir,
    pub settings: Settings,
    pub plan: Plan,
}

/// One file as the readers see it.
pub struct File {
    pub bytes: Vec<u8>,
    pub layout: FileLayout,
    pub dataset: u16,
}

/// Numbers without a pattern, always the same ones.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one<const N: usize>(&mut self, of: [&'static str; N]) -> &'static str {
        usize::try_from(self.below(N as u64)).ok().and_then(|at| of.get(at)).copied().unwrap_or_default()
    }

    fn day(&mut self) -> String {
        format!("{}-{:02}-{:02}", 2025 + self.below(2), 1 + self.below(12), 1 + self.below(28))
    }
}

fn address(number: u64) -> String {
    format!("given.family{number}@corp.example")
}

fn people(numbers: &mut Numbers) -> String {
    let mut text = "\u{feff}employee_id,email,name,status,manager,department,work_role_code,hire_date,end_date\n".to_owned();
    for number in 0..PEOPLE {
        let (status, end) = if number % 9 == 0 { ("terminated", numbers.day()) } else { ("active", String::new()) };
        let (email, hired) = (address(number), numbers.day());
        let _ = writeln!(text, "E{number},{email},\"Family, Given\",{status},E{},Research,IO-WRL-001,{hired},{end}", number / 9);
    }
    text
}

fn assets(numbers: &mut Numbers) -> String {
    let mut text = "asset_id,name,kind,criticality,owner,site,last_reviewed\n".to_owned();
    for number in 0..PEOPLE / 4 {
        let (owner, reviewed) = (address(numbers.below(PEOPLE)), numbers.day());
        let _ = writeln!(text, "A{number:06},host-{number:x},server,high,{owner},Cork,{reviewed}");
    }
    text
}

fn training(numbers: &mut Numbers) -> String {
    let mut text = "person,course,role_code,completed_at,expires_at\r\n".to_owned();
    for number in 0..PEOPLE * 4 {
        let course = if number % 4 == 0 { "SEC-AWARE" } else { "GDPR-BASE" };
        let _ = write!(text, "E{},{course},IO-WRL-001,{},{}\r\n", number / 4, numbers.day(), numbers.day());
    }
    text
}

fn assignments(numbers: &mut Numbers) -> String {
    let mut text = "assignment_id,principal_email,role_code,task_id,raci,granted_by,granted_at,expires_at,justification\n".to_owned();
    for number in 0..ASSIGNMENTS {
        let (principal, granter) = (address(numbers.below(PEOPLE)), address(numbers.below(PEOPLE)));
        let role = numbers.one(["ADM-DB", "SALES-1", "BUILD-2", "AUDIT-3", "DESK-4"]);
        // Every task has four rows, one in each quarter of the file.
        let letter = match number * 4 / ASSIGNMENTS {
            0 => "R",
            1 => "A",
            _ => "I",
        };
        let why = match number % 12 {
            0 => "\"temporary access, as agreed, until the change is done\"",
            1 => "\"temporary access \"\"as agreed\"\"\nuntil the change is done\"",
            _ => "temporary access as agreed with the owner until the change is done",
        };
        let (task, granted, until) = (number % (ASSIGNMENTS / 4), numbers.day(), numbers.day());
        let id = number.wrapping_mul(0x9e_3779_b97f) & 0xff_ffff_ffff;
        let _ = writeln!(text, "R{id:010x},{principal},{role},T{task:07},{letter},{granter},{granted}T08:30:00Z,{until},{why}");
    }
    text
}

fn events(numbers: &mut Numbers) -> String {
    let mut text = String::new();
    for number in 0..EVENTS {
        let (actor, day, session) = (address(numbers.below(PEOPLE)), numbers.day(), numbers.below(1 << 30));
        let actor = if number % 700 == 0 { actor.replace('@', "\\u0040") } else { actor };
        let action = if number % 40 == 0 { "iam.role.grant" } else { "file.read" };
        let factor = number % 3 != 0;
        let _ = if number % 20 == 13 {
            writeln!(
                text,
                r#"{{"context": {{"actor": "gateway", "client": {{"mfa": "none"}}, "mfa": {factor}, "session": "{session:016x}"}}, "result": "success", "target": "host-{number:x}", "action": "{action}", "actor": "{actor}", "time": "{day}T08:00:00.000Z"}}"#
            )
        } else {
            writeln!(
                text,
                r#"{{"time":"{day}T08:00:00.000Z","actor":"{actor}","action":"{action}","target":"host-{number:x}","result":"success","role":"SALES-1","context":{{"session":"{session:016x}","mfa":{factor},"ip":"10.0.0.1","agent":"probe \"nightly\" /2","geo":{{"country":"IE","city":"Cork"}},"labels":["tier:1","zone:eu-west-1"]}}}}"#
            )
        };
    }
    text
}

impl Workload {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut numbers = Numbers(SEED);
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("people.csv", people(&mut numbers));
        write("assets.csv", assets(&mut numbers));
        write("training.csv", training(&mut numbers));
        write("role_assignments.csv", assignments(&mut numbers));
        write("access_events.ndjson", events(&mut numbers));
        let own = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/workload").join(name);
        let known = Known { packs_dir: vec![own("packs")], sources_dir: vec![own("sources")] };
        let settings = settled(folder.path().to_owned(), known, Some("workload"));
        let frame = Frame { as_of: settings.as_of, period: None, engagement: None, kinds: &settings.catalogue.kinds, seed: SEED, list_max: LIST_MAX };
        let plan = Plan::new(&settings.packs, frame).unwrap();
        Self { _folder: folder, settings, plan }
    }

    /// A file of the workload, as it is read for the plan.
    pub fn file(&self, path: &str) -> File {
        let survey = &self.settings.survey;
        let surveyed = survey.files.iter().find(|file| file.path == path).unwrap();
        let taken = surveyed.taken.as_ref().unwrap();
        let dataset = self.plan.dataset(&taken.tables[0].dataset).unwrap();
        let fields = &self.plan.datasets[usize::from(dataset)].fields;
        let layout = layout(surveyed, &self.settings.catalogue.sources[taken.source], &|_| fields).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut self.settings.collected.blobs[surveyed.blob].reader().unwrap(), &mut bytes).unwrap();
        File { bytes, layout, dataset }
    }
}

/// What a scan of this folder works on.
pub fn settled(folder: PathBuf, known: Known, pack: Option<&str>) -> Settings {
    let taking = Taking {
        paths: vec![folder],
        known,
        pack: pack.map(str::to_owned).into_iter().collect(),
        as_of: Some("2026-06-30".to_owned()),
        seed: Some(SEED),
        ..Taking::default()
    };
    settle(&taking, &[]).unwrap_or_else(|problems| panic!("{}", problems.render()))
}

impl File {
    /// The whole records of the file, without what stands before them: one block.
    pub fn block(&self) -> &[u8] {
        let cut = Splitter::new(&self.layout).cut(&self.bytes, 0, true, &Marks::of(&self.layout.format, &self.bytes)).unwrap();
        &self.bytes[cut.start..cut.end]
    }

    /// Its records.
    pub fn parsed(&self) -> Vec<BatchBuffer> {
        let mut buffers = vec![BatchBuffer::default()];
        Parser::new(&self.layout).parse(self.block(), &mut buffers);
        assert!(!buffers[0].places().is_empty());
        buffers
    }

    /// The records together with the bytes that they are of.
    pub fn batch<'b>(&'b self, buffers: &'b [BatchBuffer]) -> Batch<'b> {
        let batch = buffers[0].view(self.layout.tables[0].table, 0, self.block());
        assert!(batch.rejections().is_empty());
        batch
    }
}
