//! `rolecall verify` against every single-bit flip and every attack on a package.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use common::forge::{self, BUNDLE, Parts, anchor, failed, key, small, stranger, text, verified};
use rolecall::signing::base64;
use rolecall::signing::bundle::Bundle;
use rolecall::signing::dsse::{Envelope, EnvelopeSignature, IN_TOTO};
use rolecall::signing::{sums, trailer};
use rolecall::verdict::Verdict;
use rolecall::verify::{self, Anchor, Entry, Package};

#[test]
fn every_single_bit_flip_in_a_package_is_refused() {
    let package = Parts::of(small()).signed();
    let files: Vec<(&String, usize)> =
        package.0.iter().map(|(name, entry)| (name, matches!(entry, Entry::File(_)).then(|| package.file(name).unwrap().len()).unwrap())).collect();
    let bits: Vec<(&str, usize)> = files.iter().flat_map(|(name, length)| (0..length * 8).map(|bit| (name.as_str(), bit))).collect();
    let next = AtomicUsize::new(0);
    let refused = AtomicUsize::new(0);
    let anchor = anchor();
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = package.clone();
                while let Some((name, bit)) = bits.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let flip = |package: &mut Package| {
                        let Some(Entry::File(bytes)) = package.0.get_mut(*name) else { unreachable!() };
                        bytes[bit / 8] ^= 1 << (bit % 8);
                    };
                    flip(&mut own);
                    let done = verify::package(&own, Some(&anchor));
                    assert_eq!(done.verdict, Verdict::Failed, "{name}, bit {bit}: {:#?}", done.steps);
                    refused.fetch_add(1, Ordering::Relaxed);
                    flip(&mut own);
                }
                assert_eq!(own, package);
            });
        }
    });
    assert_eq!(refused.load(Ordering::Relaxed), bits.len());
    for (name, length) in &files {
        println!("{name}: {} bits", length * 8);
    }
    println!("{} single-bit flips, all refused", bits.len());
}

/// A statement whose text is changed and then signed with the true key.
fn stated(change: impl FnOnce(String) -> String) -> Package {
    let body = forge::body(small());
    let was = text(&forge::statement(small(), &body, None).to_json());
    let is = change(was.clone());
    assert_ne!(was, is);
    Parts::stating(small(), &body, is.into_bytes()).signed()
}

/// An envelope that is changed after it was signed.
fn enveloped(change: impl FnOnce(&mut Envelope)) -> Package {
    let body = forge::body(small());
    let mut envelope = Envelope::sign(IN_TOTO, forge::statement(small(), &body, None).to_json(), &key());
    change(&mut envelope);
    Parts::enveloped(small(), &body, &envelope).signed()
}

/// A part that is changed, the list signed again.
fn relisted(name: &str, change: impl FnOnce(String) -> String) -> Package {
    Parts::of(small()).changed(name, change).signed()
}

/// A list that is changed and then signed with the true key.
fn listed(change: impl FnOnce(String) -> String) -> Package {
    let parts = Parts::of(small());
    let was = sums::write(parts.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    let is = change(was.clone());
    assert_ne!(was, is);
    parts.listed(is.as_bytes(), &key())
}

/// A sound package in which a file was put, changed or taken away afterwards.
fn tampered(change: impl FnOnce(&mut Package)) -> Package {
    let mut package = Parts::of(small()).signed();
    change(&mut package);
    package
}

fn put(name: &'static str, bytes: &[u8]) -> Package {
    tampered(|package| {
        package.0.insert(name.to_owned(), Entry::File(bytes.to_vec()));
    })
}

fn without(names: &[&str]) -> Package {
    tampered(|package| package.0.retain(|name, _| !names.contains(&name.as_str())))
}

/// A page whose body is another one, signed as such.
fn paged(change: impl FnOnce(String) -> String) -> Package {
    let body = change(text(&forge::body(small()))).into_bytes();
    Parts::stating(small(), &body, forge::statement(small(), &body, None).to_json()).signed()
}

/// A report in another spelling or with other contents, signed as such.
fn reported(change: impl FnOnce(String) -> String) -> Package {
    let json = change(text(small())).into_bytes();
    let body = forge::body(small());
    let mut statement = forge::statement(small(), &body, None);
    statement.json_sha256 = rolecall::digest::sha256_hex(&json);
    Parts::stating(&json, &body, statement.to_json()).signed()
}

/// The same scalar plus the group's order (RFC 8032, 8.4): verifiers that do not look take it too.
fn malleable(mut sig: Vec<u8>) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x10,
    ];
    let mut carry = 0;
    for (byte, add) in sig[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    sig
}

/// Each attack of the design's list that concerns what is built, and the code that tells of it.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_attack_has_its_own_code() {
    let sig = || Parts::of(small()).signed().file("SHA256SUMS.sig").unwrap().to_vec();
    let sshsig = || text(Parts::of(small()).signed().file("SHA256SUMS.sshsig").unwrap());
    let envelope = || Bundle::parse(Parts::of(small()).signed().file(BUNDLE).unwrap()).unwrap().envelope;
    let (json_name, body_name) = ("\"name\":\"report.json\"", "\"name\":\"report.body.html\"");
    let other_report = || text(small()).replace("2026-11-01", "2026-11-03").into_bytes();
    let other = || Parts::of(&other_report());
    let weak = { [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 1][..], &[0; 31]].concat() };
    let weak = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64::encode(&weak));
    let point = { [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &[0xff; 32]].concat() };
    let point = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64::encode(&point));
    let namespace = |text: String| {
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let mut blob = base64::decode(&body).unwrap();
        let at = memchr::memmem::find(&blob, b"rolecall-package").unwrap();
        blob[at] = b'R';
        armour(&blob)
    };
    let algorithm = |text: String| {
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let mut blob = base64::decode(&body).unwrap();
        let at = memchr::memmem::find(&blob, b"sha512").unwrap();
        blob[at..at + 6].copy_from_slice(b"sha256");
        armour(&blob)
    };
    let attacks: Vec<(&str, Package, &str)> = vec![
        // A: signatures.
        ("A2 S plus L", put("SHA256SUMS.sig", &malleable(sig())), "signature-differs"),
        ("A2 63 bytes", put("SHA256SUMS.sig", &sig()[..63]), "signature-length"),
        ("A2 65 bytes", put("SHA256SUMS.sig", &[sig(), vec![0]].concat()), "signature-length"),
        ("A2 empty", put("SHA256SUMS.sig", b""), "signature-length"),
        ("A2 zeros", put("SHA256SUMS.sig", &[0; 64]), "signature-differs"),
        (
            "A2 S plus L in the bundle",
            enveloped(|envelope| envelope.signatures[0].sig = malleable(envelope.signatures[0].sig.clone())),
            "bundle-signature",
        ),
        ("A3 small order", Parts::of(small()).with("signer.pem", weak.as_bytes()).signed(), "signer-weak"),
        ("A3 no point", Parts::of(small()).with("signer.pem", point.as_bytes()).signed(), "signer-point"),
        ("A3 no key", Parts::of(small()).with("signer.pem", b"hello\n").signed(), "signer-format"),
        ("A4, D4 unknown key", Parts::of(small()).with("signer.pem", stranger().public().pem().as_bytes()).signed_by(&stranger()), "signer-differs"),
        ("A7 raw over the report", put("SHA256SUMS.sig", &key().sign(small())), "signature-differs"),
        ("A7 raw of the envelope", put("SHA256SUMS.sig", &envelope().signatures[0].sig), "signature-differs"),
        ("A7 raw as DSSE", enveloped(|envelope| envelope.signatures[0].sig = key().sign(&envelope.payload).to_vec()), "bundle-signature"),
        ("A7 namespace", put("SHA256SUMS.sshsig", namespace(sshsig()).as_bytes()), "ssh-signature-namespace"),
        (
            "A7 payload type",
            enveloped(|envelope| *envelope = Envelope::sign("application/json", envelope.payload.clone(), &key())),
            "bundle-payload-type",
        ),
        (
            "A7 payload type swapped",
            enveloped(|envelope| envelope.payload_type = "application/vnd.rolecall.event+json".to_owned()),
            "bundle-payload-type",
        ),
        ("ssh: other digest", put("SHA256SUMS.sshsig", algorithm(sshsig()).as_bytes()), "ssh-signature-algorithm"),
        (
            "ssh: other message",
            put("SHA256SUMS.sshsig", rolecall::signing::sshsig::SshSignature::sign(b"x", &key()).to_text().as_bytes()),
            "ssh-signature-differs",
        ),
        ("ssh: damaged", put("SHA256SUMS.sshsig", armour(b"SSHSIG\0\0\0\x01").as_bytes()), "ssh-signature-format"),
        ("ssh: no armour", put("SHA256SUMS.sshsig", b"hello\n"), "ssh-signature-armour"),
        ("ssh: CRLF", put("SHA256SUMS.sshsig", sshsig().replace('\n', "\r\n").as_bytes()), "ssh-signature-armour"),
        // B: envelopes and parsing.
        (
            "B1 in the envelope",
            relisted(BUNDLE, |text| text.replacen("\"payload\":", "\"payl\\u006fad\":\"\",\"payload\":", 1)),
            "bundle-member-twice",
        ),
        ("B1 in the statement", stated(|text| text.replacen("\"_type\":", "\"_typ\\u0065\":\"x\",\"_type\":", 1)), "statement-member-twice"),
        (
            "B1 in the report",
            reported(|text| text.replacen("  \"as_of\":", "  \"as_o\\u0066\": \"2026-01-01\",\n  \"as_of\":", 1)),
            "report-member-twice",
        ),
        ("B1 at depth", reported(|text| text.replacen("\"options\": {", "\"options\": {\"x\": {\"y\": 1, \"y\": 2},", 1)), "report-member-twice"),
        ("B2 padding", relisted(BUNDLE, |text| text.replacen("==\"", "=\"", 1)), "bundle-base64"),
        ("B3 another page, the list signed again", Parts::of(small()).with("report.html", &other().files["report.html"]).signed(), "subject-page"),
        ("B4 predicate type", stated(|text| text.replace("audit-report/v1", "audit-report/v2")), "statement-predicate-type"),
        ("B4 type", stated(|text| text.replace("Statement/v1", "Statement/v0.1")), "statement-type"),
        ("B4 no subject", stated(|text| text.replace(body_name, "\"name\":\"x\"")), "statement-subjects"),
        ("B4 one subject twice", stated(|text| text.replace(body_name, json_name)), "statement-subjects"),
        ("B4 sha1 alone", stated(|text| text.replacen("\"sha256\":\"", "\"sha1\":\"", 1)), "statement-digest"),
        ("B4 upper case", stated(upper_digest), "statement-digest"),
        ("B4 only the page matches", Parts::of(small()).with("report.json", &other_report()).signed(), "subject-report"),
        (
            "B5 no signature",
            relisted(BUNDLE, |text| {
                let (head, _) = text.split_once("\"signatures\":[").unwrap();
                format!("{head}\"signatures\":[]}}}}\n")
            }),
            "bundle-signatures",
        ),
        ("B5 twice the same", relisted(BUNDLE, twice), "bundle-signatures"),
        ("B5 a great many", relisted(BUNDLE, |text| (0..14).fold(text, |text, _| twice(text))), "bundle-signatures"),
        ("B7 BOM", reported(|text| format!("\u{feff}{text}")), "report-format"),
        ("B7 trailing bytes", reported(|text| format!("{text}{{}}")), "report-format"),
        ("B7 a number too large", reported(|text| text.replacen("\"list_max\": 10000", "\"list_max\": 1e400", 1)), "report-format"),
        (
            "B7 a depth bomb",
            reported(|text| text.replacen("\"list_max\": 10000", &format!("\"list_max\": {}{}", "[".repeat(5000), "]".repeat(5000)), 1)),
            "report-format",
        ),
        ("B7 no UTF-8", put_signed("report.json", &[small(), &[0xff]].concat()), "subject-report"),
        ("B7 a bundle with a BOM", relisted(BUNDLE, |text| format!("\u{feff}{text}")), "bundle-format"),
        ("B7 a bundle of another version", relisted(BUNDLE, |text| text.replace("v0.3+json", "v0.4+json")), "bundle-media-type"),
        ("B7 a statement of the future", stated(|text| text.replacen("\"claimedTime\":", "\"more\":1,\"claimedTime\":", 1)), "statement-format"),
        ("no time", stated(|text| text.replace("T03:04:05Z", "T03:04:05+01:00")), "statement-time"),
        ("B8 stripped", without(&["SHA256SUMS.sig", "SHA256SUMS.sshsig", BUNDLE, "signer.pem"]), "page-stripped"),
        ("B8 the bundle alone", without(&[BUNDLE]), "signature-missing"),
        ("B8 the raw signature alone", without(&["SHA256SUMS.sig"]), "signature-missing"),
        ("another spelling", reported(|text| text.replacen("{\n  ", "{\n   ", 1)), "report-spelling"),
        ("another schema", reported(|text| text.replacen("rolecall.report/1", "rolecall.report/2", 1)), "report-schema"),
        ("claims", stated(|text| text.replacen("\"as_of\":\"2026-11-01\"", "\"as_of\":\"2026-12-01\"", 1)), "claims-differ"),
        // C: the page.
        ("C1 before", put_signed("report.html", &[b"x\n".as_slice(), &page()].concat()), "subject-page"),
        ("C1 in the trailer", put_signed("report.html", text(&page()).replacen("<!--dsse:", "<!--dsse:!", 1).as_bytes()), "page-base64"),
        ("C1 after", put_signed("report.html", &[page(), b"<p>x</p>\n".to_vec()].concat()), "page-trailer"),
        ("C1 a blank line after", put_signed("report.html", &[page(), b"\n".to_vec()].concat()), "page-trailer"),
        ("C1 two trailers", put_signed("report.html", &[page(), page()[forge::body(small()).len()..].to_vec()].concat()), "page-trailers"),
        ("C1 no last line feed", put_signed("report.html", &page()[..page().len() - 1]), "page-cut"),
        ("C1 CRLF", put_signed("report.html", text(&page()).replace('\n', "\r\n").as_bytes()), "page-trailer"),
        ("C1 no trailer", put_signed("report.html", &trailer::attach(&forge::body(small()), None)), "page-unsigned"),
        ("C1 no envelope", put_signed("report.html", &[forge::body(small()), b"<!--dsse:e30=-->\n".to_vec()].concat()), "page-envelope"),
        (
            "C1 text before the trailer",
            put_signed("report.html", &[forge::body(small()), b"x\n".to_vec(), page()[forge::body(small()).len()..].to_vec()].concat()),
            "page-body",
        ),
        (
            "C2 trailer of another report",
            put_signed("report.html", &trailer::attach(&forge::body(small()), Some(&Bundle::parse(&other().files[BUNDLE]).unwrap().envelope))),
            "page-other-signature",
        ),
        ("C3 the page says otherwise", paged(|text| text.replacen("</body>", "<p>all is well</p></body>", 1)), "rendering-differs"),
        ("C5 a reference", paged(|text| text.replacen("</head>", "<link rel=stylesheet href=//x></head>", 1)), "rendering-differs"),
        ("C7 report of one run, page of the other", Parts::of(small()).with("report.json", &other_report()).signed(), "subject-report"),
        // D: the package.
        ("D1 altered", put("VERIFY.md", b"run curl | sh\n"), "digest-differs"),
        ("D1 missing", without(&["VERIFY.md"]), "package-missing"),
        ("D1 extra", put("run.sh", b"#!/bin/sh\n"), "package-foreign"),
        ("D1 extra, a name in upper case", put("REPORT.JSON", b"{}"), "package-foreign"),
        ("D1 extra and listed", Parts::of(small()).with("run.sh", b"#!/bin/sh\n").signed(), "sums-foreign"),
        ("D1 zero length", put("report.html", b""), "digest-differs"),
        (
            "D1 swapped",
            tampered(|package| {
                let page = package.0["report.html"].clone();
                package.0.insert("report.json".to_owned(), page);
            }),
            "digest-differs",
        ),
        (
            "D1 link",
            tampered(|package| {
                package.0.insert("report.html".to_owned(), Entry::NoFile("a symbolic link"));
            }),
            "package-no-file",
        ),
        (
            "B7 1 GiB",
            tampered(|package| {
                package.0.insert("report.html".to_owned(), Entry::TooLarge(1 << 30));
            }),
            "package-too-large",
        ),
        (
            "unreadable",
            tampered(|package| {
                package.0.insert("report.html".to_owned(), Entry::Unreadable("no".to_owned()));
            }),
            "package-unreadable",
        ),
        ("D1 traversal", listed(|text| text.replace("  report.html", "  ../report.html")), "sums-name"),
        ("D1 absolute", listed(|text| text.replace("  report.html", "  /etc/passwd")), "sums-name"),
        ("D1 case-colliding", listed(colliding), "sums-foreign"),
        (
            "D1 twice",
            listed(|text| {
                let line = text.lines().nth(2).unwrap();
                text.replacen(line, &format!("{line}\n{line}"), 1)
            }),
            "sums-order",
        ),
        (
            "D1 upper-case digest",
            listed(|text| {
                let line = text.lines().nth(2).unwrap();
                text.replacen(&line[..64], &line[..64].to_uppercase(), 1)
            }),
            "sums-line",
        ),
        ("D1 no header", listed(|text| text.split_once('\n').unwrap().1.to_owned()), "sums-header"),
        ("D1 cut", listed(|text| text.trim_end().to_owned()), "sums-cut"),
        (
            "D2 shortened",
            listed(|text| {
                let line = text.lines().find(|line| line.ends_with("report.html")).unwrap();
                text.replacen(&format!("{line}\n"), "", 1)
            }),
            "sums-unlisted",
        ),
        (
            "D2 shortened and signed by another",
            Parts::of(small()).listed(sums::write([("report.json", small())]).as_bytes(), &stranger()),
            "signature-differs",
        ),
        (
            "D2 lists what is gone",
            {
                let mut package = Parts::of(small()).signed();
                package.0.remove("report.html");
                package
            },
            "sums-absent",
        ),
        ("a co-signer's bundle that is none", put("report.auditor.sigstore.json", b"{}"), "cosigner-format"),
    ];
    let mut told = std::collections::BTreeSet::new();
    for (attack, package, code) in &attacks {
        let done = verified(package);
        assert_eq!(done.verdict, Verdict::Failed, "{attack}: {:#?}", done.steps);
        assert!(failed(&done).contains(code), "{attack}: {code} is not among {:?}", failed(&done));
        told.insert(*code);
        // Nor does it pass when nothing is trusted, and never by a fingerprint.
        assert_ne!(verify::package(package, None).verdict, Verdict::Passed, "{attack}");
        assert_ne!(verify::package(package, Some(&Anchor::Fingerprint(key().public().fingerprint()))).verdict, Verdict::Passed, "{attack}");
    }
    println!("{} attacks, {} codes", attacks.len(), told.len());
}

fn page() -> Vec<u8> {
    Parts::of(small()).files["report.html"].clone()
}

/// A part replaced, the list signed again.
fn put_signed(name: &str, bytes: &[u8]) -> Package {
    Parts::of(small()).with(name, bytes).signed()
}

/// A name that is `report.json` where letters have no case; the list is in order.
fn colliding(text: String) -> String {
    let text = text.replacen("  report.html", "  Report.json", 1);
    let (head, lines) = text.split_once('\n').unwrap();
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_by_key(|line| &line[66..]);
    format!("{head}\n{}\n", lines.join("\n"))
}

fn upper_digest(text: String) -> String {
    let at = text.find("\"sha256\":\"").unwrap() + 10;
    text.replacen(&text[at..at + 64], &text[at..at + 64].to_uppercase(), 1)
}

fn twice(text: String) -> String {
    let (head, signatures) = text.split_once("\"signatures\":[").unwrap();
    let (one, _) = signatures.split_once('}').unwrap();
    format!("{head}\"signatures\":[{one}}},{signatures}")
}

/// As `ssh-keygen` writes it.
fn armour(blob: &[u8]) -> String {
    let text = base64::encode(blob);
    let lines: Vec<&str> = text.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
}

/// A6 and B6: what nobody signed decides nothing, and a lie there is no attack that can work.
#[test]
fn hints_and_injected_members_decide_nothing() {
    let liar = enveloped(|envelope| {
        envelope.signatures[0] = EnvelopeSignature { keyid: stranger().public().fingerprint(), sig: envelope.signatures[0].sig.clone() }
    });
    assert_eq!(verified(&liar).verdict, Verdict::Passed);
    let algorithm = stated(|text| text.replacen("{\"_type\"", "{\"alg\":\"none\",\"_type\"", 1));
    assert_eq!(verified(&algorithm).verdict, Verdict::Passed);
}

#[test]
fn what_nobody_signed_is_never_more_than_indeterminate() {
    let parts = Parts::of(small()).with("report.html", &trailer::attach(&forge::body(small()), None));
    let mut package = Parts { files: parts.files.into_iter().filter(|(name, _)| name != BUNDLE && name != "signer.pem").collect() }.signed();
    package.0.retain(|name, _| !name.starts_with("SHA256SUMS."));
    for anchor in [None, Some(anchor())] {
        let done = verify::package(&package, anchor.as_ref());
        assert_eq!(done.verdict, Verdict::Indeterminate, "{:#?}", done.steps);
        assert!(done.steps.iter().any(|step| step.code == Some("unsigned")));
        assert!(done.report.is_some(), "the structure is checked all the same");
    }
}
