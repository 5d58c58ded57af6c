//! `scan --key` and `rolecall sign`.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{organisation, program};
use rolecall::digest::sha256_hex;
use rolecall::report::html;
use rolecall::signing::bundle::Bundle;
use rolecall::signing::key::PublicKey;
use rolecall::signing::sshsig::SshSignature;
use rolecall::signing::statement::Statement;
use rolecall::signing::{sums, trailer};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        program().args(line.split(' ')).current_dir(self.0.path()).env("SOURCE_DATE_EPOCH", "1793500000").output().unwrap()
    }

    fn code(&self, line: &str) -> (i32, String) {
        let output = self.run(line);
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn key(&self, name: &str) -> PublicKey {
        let made = self.run(&format!("key new {name}.pem --owner Jo --role scanner --unencrypted"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        PublicKey::from_pem(&std::fs::read_to_string(self.path(&format!("{name}.pub.pem"))).unwrap()).unwrap()
    }

    fn scan(&self, options: &str) -> String {
        let output = self.run(&format!("scan {} {options}", organisation("meridian").display()));
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn files(package: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(package).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn a_package_signed_by_the_scan_or_later_is_the_same() {
    let folder = Folder::new();
    let key = folder.key("key");
    assert!(folder.scan("--out signed --key key.pem").contains("signed/report.html (signed; VERIFY.md there says how to check)"));
    assert!(folder.scan("--out later").contains("later/report.html (unsigned)"));
    let unsigned = files(&folder.path("later"));
    assert_eq!(folder.code("sign later --key key.pem").0, 0);
    let (signed, later) = (files(&folder.path("signed")), files(&folder.path("later")));
    assert_eq!(signed, later);
    // Once more: the same bytes, for the same time is claimed.
    assert_eq!(folder.code("sign later --key key.pem").0, 0);
    assert_eq!(files(&folder.path("later")), signed);
    // What is signed says nothing of signatures: it is the same without.
    let (page, bare) = (trailer::split(&signed["report.html"]).unwrap(), trailer::split(&unsigned["report.html"]).unwrap());
    assert_eq!((&signed["report.json"], page.body), (&unsigned["report.json"], bare.body));
    assert!(bare.envelope.is_none());
    assert!(String::from_utf8_lossy(&unsigned["VERIFY.md"]).contains("**unsigned**"));

    // Every signature is over what it should be.
    let names: Vec<&str> = signed.keys().map(String::as_str).collect();
    let expected = [
        "SHA256SUMS",
        "SHA256SUMS.sig",
        "SHA256SUMS.sshsig",
        "VERIFY.md",
        "report.html",
        "report.json",
        "report.scanner.sigstore.json",
        "signer.pem",
    ];
    assert_eq!(names, expected);
    let list = sums::parse(&signed["SHA256SUMS"]).unwrap();
    assert_eq!(list.iter().map(|sum| sum.name.as_str()).collect::<Vec<_>>(), expected[3..]);
    assert!(list.iter().all(|sum| sum.sha256 == sha256_hex(&signed[&sum.name])));
    assert!(key.verifies(&signed["SHA256SUMS"], &signed["SHA256SUMS.sig"]));
    assert!(SshSignature::parse(&signed["SHA256SUMS.sshsig"]).unwrap().verifies(&signed["SHA256SUMS"], &key));
    assert_eq!(signed["signer.pem"], key.pem().into_bytes());
    let bundle = Bundle::parse(&signed["report.scanner.sigstore.json"]).unwrap();
    assert!(bundle.envelope.verifies(&key));
    assert_eq!(page.envelope.as_ref(), Some(&bundle.envelope));
    let statement = Statement::parse(&bundle.envelope.payload).unwrap();
    let report = rolecall::report::json::read(&signed["report.json"]).unwrap();
    assert_eq!(statement.disagreement(&report, &signed["report.json"]), None);
    assert_eq!((statement.json_sha256, statement.body_sha256), (sha256_hex(&signed["report.json"]), sha256_hex(page.body)));
    assert_eq!(html::body(&report).unwrap(), page.body);
    let signer = statement.predicate.signer;
    assert_eq!((signer.owner.as_deref(), signer.role.as_deref(), signer.key_encrypted), (Some("Jo"), Some("scanner"), false));
    assert_eq!(statement.predicate.claimed_time, "2026-11-01T02:26:40Z");
}

/// A key that does not open, or options that make no sense, end the run before anything is read or written.
#[test]
fn without_its_key_nothing_is_scanned_or_written() {
    let folder = Folder::new();
    std::fs::write(folder.path("no-key.pem"), "-----BEGIN").unwrap();
    let evidence = organisation("meridian");
    for options in ["--key missing.pem", "--key no-key.pem", "--passphrase-file missing"] {
        let (code, told) = folder.code(&format!("scan {} --out package {options}", evidence.display()));
        assert_eq!(code, 2, "{options}: {told}");
        assert!(!folder.path("package").exists(), "{options}");
    }
    folder.scan("--out package -q");
    let before = files(&folder.path("package"));
    assert_eq!(folder.code("sign package --key missing.pem").0, 2);
    assert_eq!(files(&folder.path("package")), before);
}

/// A file's bytes with one text replaced, everywhere.
fn replace(files: &mut BTreeMap<String, Vec<u8>>, name: &str, was: &str, is: &str) {
    let text = String::from_utf8(files[name].clone()).unwrap();
    assert!(text.contains(was), "{name}: {was}");
    files.insert(name.to_owned(), text.replace(was, is).into_bytes());
}

type Change = fn(&mut BTreeMap<String, Vec<u8>>);

#[test]
fn what_does_not_hold_together_is_not_signed() {
    let folder = Folder::new();
    folder.key("key");
    folder.key("other");
    folder.scan("--out whole -q");
    folder.scan("--out signed -q --key key.pem");
    // With the list of digests made again after the change, or left as it was.
    let changes: [(&str, &str, bool, Change, i32, &str); 14] = [
        ("whole", "key", false, |files| replace(files, "report.html", "Meridian", "Meridiam"), 4, "is not what `SHA256SUMS` says"),
        ("whole", "key", true, |files| replace(files, "report.html", "Meridian", "Meridiam"), 4, "does not show what"),
        ("whole", "key", true, |files| replace(files, "report.html", "</html>\n", "</html>\n<script></script>\n"), 4, "`</html>`"),
        (
            "whole",
            "key",
            true,
            |files| replace(files, "report.json", "\"as_of\": \"2026-11-01\"", "\"as_of\": \"2026-11-02\""),
            4,
            "does not show what",
        ),
        ("whole", "key", true, |files| replace(files, "report.json", "\n}\n", "\n} \n"), 4, "is not written as"),
        ("whole", "key", true, |files| replace(files, "report.json", "\n  \"as_of\"", "\n  \"schema\": \"\",\n  \"as_of\""), 4, "stands twice"),
        ("whole", "key", true, |files| replace(files, "report.json", "rolecall.report/1", "rolecall.report/2"), 4, "has the schema"),
        ("whole", "key", true, |files| replace(files, "report.json", "\"html/", "\"html/9"), 2, "error[other-renderer]"),
        ("whole", "key", false, |files| drop(files.remove("VERIFY.md")), 4, "`VERIFY.md` is missing"),
        ("whole", "key", true, |files| drop(files.remove("VERIFY.md")), 4, "does not list the files"),
        ("whole", "key", false, |files| drop(files.insert("diary.txt".to_owned(), Vec::new())), 2, "error[package]"),
        ("signed", "other", false, |_| (), 2, "error[other-key]"),
        ("signed", "key", false, |files| drop(files.remove("signer.pem")), 2, "error[other-key]"),
        ("signed", "key", true, |files| replace(files, "report.scanner.sigstore.json", "\"sig\":\"", "\"sig\":\"AAAA"), 4, "does not verify"),
    ];
    for (of, key, again, change, code, words) in changes {
        let mut content = files(&folder.path(of));
        change(&mut content);
        if again {
            let unlisted = ["SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig"];
            let listed = content.iter().filter(|(name, _)| !unlisted.contains(&name.as_str()));
            let list = sums::write(listed.map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
            content.insert("SHA256SUMS".to_owned(), list.into_bytes());
        }
        let package = folder.path("package");
        std::fs::create_dir(&package).unwrap();
        for (name, bytes) in &content {
            std::fs::write(package.join(name), bytes).unwrap();
        }
        let (got, told) = folder.code(&format!("sign package --key {key}.pem"));
        assert!(got == code && told.contains(words), "{words}: exit {got}: {told}");
        assert_eq!(files(&package), content, "{words}");
        std::fs::remove_dir_all(&package).unwrap();
    }
    for (name, words) in [("nothing", "no report package is there"), ("key.pem", "a file or a link")] {
        let (code, told) = folder.code(&format!("sign {name} --key key.pem"));
        assert!(code == 2 && told.contains(words), "{told}");
    }
}
