//! Packages put together by hand, so that each part of one can be forged and the rest signed as it must be.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use rolecall::report::{html, json};
use rolecall::signing::bundle::Bundle;
use rolecall::signing::dsse::{Envelope, IN_TOTO};
use rolecall::signing::key::SecretKey;
use rolecall::signing::sshsig::SshSignature;
use rolecall::signing::statement::{Claims, PreviousReport, Statement, StatementSigner};
use rolecall::signing::{sums, trailer};
use rolecall::verdict::Verdict;
use rolecall::verify::{self, Anchor, Entry, Package, Verification};

use super::rolecall;

pub const BUNDLE: &str = "report.scanner.sigstore.json";

/// The signer of every test.
pub fn key() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

/// Somebody else.
pub fn stranger() -> SecretKey {
    SecretKey::from_seed(&[43; 32])
}

pub fn claims(previous: Option<PreviousReport>) -> Claims {
    let signer = StatementSigner { owner: Some("Test".to_owned()), role: Some("scanner".to_owned()), key_encrypted: true };
    Claims { ledger: None, previous_report: previous, signer, claimed_time: "2026-11-02T03:04:05Z".to_owned() }
}

/// The statement about a report and its page.
pub fn statement(json: &[u8], body: &[u8], previous: Option<PreviousReport>) -> Statement {
    Statement::about(&json::read(json).unwrap(), json, body, claims(previous))
}

/// The page without its last line.
pub fn body(json: &[u8]) -> Vec<u8> {
    html::body(&json::read(json).unwrap()).unwrap()
}

/// The parts of a package that are signed in the end.
#[derive(Clone)]
pub struct Parts {
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Parts {
    /// A sound package.
    pub fn of(json: &[u8]) -> Self {
        let body = body(json);
        Self::stating(json, &body, statement(json, &body, None).to_json())
    }

    /// With a statement of one's own.
    pub fn stating(json: &[u8], body: &[u8], statement: Vec<u8>) -> Self {
        Self::enveloped(json, body, &Envelope::sign(IN_TOTO, statement, &key()))
    }

    /// With an envelope of one's own.
    pub fn enveloped(json: &[u8], body: &[u8], envelope: &Envelope) -> Self {
        let page = trailer::attach(body, Some(envelope));
        let parts = Self { files: BTreeMap::new() };
        parts
            .with("report.json", json)
            .with("report.html", &page)
            .with("VERIFY.md", b"# How to check this package\n")
            .with("signer.pem", key().public().pem().as_bytes())
            .with(BUNDLE, Bundle::of(envelope.clone()).to_json().as_bytes())
    }

    pub fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        self.files.insert(name.to_owned(), bytes.to_vec());
        self
    }

    /// A part, changed.
    pub fn changed(self, name: &str, change: impl FnOnce(String) -> String) -> Self {
        let was = String::from_utf8(self.files[name].clone()).unwrap();
        let is = change(was.clone());
        assert_ne!(was, is, "{name}");
        self.with(name, is.as_bytes())
    }

    /// Lists and signs them.
    pub fn signed(self) -> Package {
        self.signed_by(&key())
    }

    pub fn signed_by(self, key: &SecretKey) -> Package {
        let list = sums::write(self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        self.listed(list.as_bytes(), key)
    }

    /// With a list of one's own.
    pub fn listed(mut self, list: &[u8], key: &SecretKey) -> Package {
        self.files.insert("SHA256SUMS".to_owned(), list.to_vec());
        self.files.insert("SHA256SUMS.sig".to_owned(), key.sign(list).to_vec());
        self.files.insert("SHA256SUMS.sshsig".to_owned(), SshSignature::sign(list, key).to_text().into_bytes());
        Package(self.files.into_iter().map(|(name, bytes)| (name, Entry::File(bytes))).collect())
    }
}

/// Writes a package to a folder.
pub fn write(package: &Package, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (name, entry) in &package.0 {
        if let Entry::File(bytes) = entry {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

/// The smallest report that a scan makes: one table with one record, one control with one check.
pub fn small() -> &'static [u8] {
    static REPORT: OnceLock<Vec<u8>> = OnceLock::new();
    REPORT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("e/s.csv", "site_id,name\n1,a\n");
        put("packs/p/pack.yaml", "id: p\ntitle: P\nversion: 1.0.0\nedition: '1'\nstandard: S\ndescription: D.\n");
        put(
            "packs/p/c.yaml",
            "id: c\nref: '1'\ntitle: T\ncriterion: { standard: S, edition: '1', clause: '1', force: guidance }\ndetermination: D.\nabout: A.\nevidence: E.\n\
             checks:\n  - id: k\n    title: K\n    severity: low\n    unit: site\n    identity: [site_id]\n    each_record:\n      dataset: sites\n      expect: { field: name, present: true }\n\
             grade: { otherwise: minor }\nremediation: R.\n",
        );
        scanned(&folder.path().join("e"), &["--packs-dir", folder.path().join("packs").to_str().unwrap(), "--pack", "p", "--as-of", "2026-11-01"])
    })
}

/// The report.json of a scan.
pub fn scanned(path: &Path, options: &[&str]) -> Vec<u8> {
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("package");
    let fixed = ["scan", path.to_str().unwrap(), "--out", package.to_str().unwrap(), "-q"];
    let output = rolecall(&[&fixed[..], options].concat());
    fs::read(package.join("report.json")).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

pub fn anchor() -> Anchor {
    Anchor::Key(key().public())
}

pub fn verified(package: &Package) -> Verification {
    verify::package(package, Some(&anchor()))
}

/// The codes of the steps that failed, each once.
pub fn failed(verification: &Verification) -> Vec<&'static str> {
    let mut codes: Vec<&'static str> =
        verification.steps.iter().filter(|step| step.verdict == Verdict::Failed).filter_map(|step| step.code).collect();
    codes.dedup();
    codes
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
