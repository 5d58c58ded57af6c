//! PKCS#8 (RFC 5208) of an Ed25519 key (RFC 8410), plain and under PBES2 (RFC
//! 8018, appendix A.4): from bytes to a seed and back.

use ::pkcs8::der::{Decode as _, Encode as _};
use ::pkcs8::pkcs5::{EncryptionScheme, pbes2};
use ::pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use zeroize::{Zeroize as _, Zeroizing};

use super::base64;
use super::key_file::KeyFileError;
use super::passphrase::Secret;

const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// DER of version 1 up to the seed (RFC 8410, section 7; version 0 is its number).
const V1: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// id-Ed25519 (RFC 8410, section 3).
const ED25519: &str = "1.3.101.112";

/// What OpenSSL 3.0 still reads: it allows scrypt 32 MiB.
const LOG_N: u8 = 14;
const R: u32 = 8;
const P: u32 = 5;

/// The most memory that scrypt may ask for: twice what OpenSSL allows.
const MOST_MEMORY: u64 = 64 << 20;
const MOST_PARALLEL: u16 = 16;
const MOST_ITERATIONS: u32 = 10_000_000;

type Seed = Zeroizing<[u8; 32]>;

/// The one PEM block of a key file.
pub(super) struct Pem<'t> {
    /// What stands before it.
    pub(super) before: &'t str,
    /// Its bytes.
    pub(super) der: Zeroizing<Vec<u8>>,
    /// Which of the two it is.
    pub(super) encrypted: bool,
}

impl<'t> Pem<'t> {
    /// # Errors
    /// [`KeyFileError::Pem`].
    pub(super) fn of(text: &'t str) -> Result<Self, KeyFileError> {
        let (before, block) = text.split_once("-----BEGIN ").ok_or(KeyFileError::Pem)?;
        if !before.is_empty() && !before.ends_with('\n') {
            return Err(KeyFileError::Pem);
        }
        let (label, block) = block.split_once("-----").ok_or(KeyFileError::Pem)?;
        let encrypted = match label {
            PLAIN => false,
            ENCRYPTED => true,
            // The formats of before PKCS#8 say their algorithm here.
            "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY" | "OPENSSH PRIVATE KEY" => {
                return Err(KeyFileError::Algorithm(format!("`{label}`")));
            }
            _ => return Err(KeyFileError::Pem),
        };
        let (body, after) = block.split_once("-----END ").ok_or(KeyFileError::Pem)?;
        let after = after.strip_prefix(label).and_then(|after| after.strip_prefix("-----")).ok_or(KeyFileError::Pem)?;
        if !after.trim().is_empty() {
            return Err(KeyFileError::Pem);
        }
        let mut lines = Zeroizing::new(String::with_capacity(body.len()));
        body.lines().for_each(|line| lines.push_str(line.trim_end()));
        let der = base64::decode(&lines).ok_or(KeyFileError::Pem)?;
        Ok(Self { before, der: Zeroizing::new(der), encrypted })
    }
}

/// The seed in the DER of a private key.
///
/// # Errors
/// [`KeyFileError::Version2`], [`KeyFileError::Algorithm`], [`KeyFileError::Der`].
pub(super) fn seed(der: &[u8]) -> Result<Seed, KeyFileError> {
    if let Some(seed) = der.strip_prefix(&V1)
        && seed.len() == 32
    {
        let mut out = Zeroizing::new([0; 32]);
        out.copy_from_slice(seed);
        return Ok(out);
    }
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyFileError::Der)?;
    let algorithm = info.algorithm.oid.to_string();
    match (algorithm == ED25519, info.public_key.is_some()) {
        (false, _) => Err(KeyFileError::Algorithm(algorithm)),
        (true, true) => Err(KeyFileError::Version2),
        (true, false) => Err(KeyFileError::Der),
    }
}

/// The seed in the DER of an encrypted private key. What opening would cost is
/// examined before anything is derived, and before a passphrase is asked for.
///
/// # Errors
/// [`KeyFileError`].
pub(super) fn decrypt(der: &[u8], passphrase: impl FnOnce() -> Result<Secret, KeyFileError>) -> Result<Seed, KeyFileError> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|_| unread(der))?;
    let parameters = info.encryption_algorithm.pbes2().ok_or(KeyFileError::Encryption)?;
    affordable(parameters)?;
    let passphrase = passphrase()?;
    let mut buffer = Zeroizing::new(info.encrypted_data.as_bytes().to_vec());
    let opened = open(parameters, &passphrase, &mut buffer);
    wipe_stack();
    opened
}

/// Out of line, so that [`wipe_stack`] covers its frame.
#[inline(never)]
fn open(parameters: &pbes2::Parameters, passphrase: &Secret, buffer: &mut [u8]) -> Result<Seed, KeyFileError> {
    use ::pkcs8::pkcs5::Error;
    match parameters.decrypt_in_place(passphrase.as_slice(), buffer) {
        // Padding fits one wrong guess in 256: then the key is none.
        Ok(der) => seed(der).map_err(|error| if matches!(error, KeyFileError::Der) { KeyFileError::Wrong } else { error }),
        Err(Error::UnsupportedAlgorithm { .. } | Error::AlgorithmParametersInvalid { .. }) => Err(KeyFileError::Encryption),
        Err(_) => Err(KeyFileError::Wrong),
    }
}

/// The library leaves the derived key where its frames were.
#[inline(never)]
fn wipe_stack() {
    let mut frames = [0xa5_u8; 64 << 10];
    frames.zeroize();
    std::hint::black_box(&frames);
}

/// Whether it is encrypted in a way that nobody reads here, or nothing at all.
fn unread(der: &[u8]) -> KeyFileError {
    use ::pkcs8::der::asn1::{AnyRef, OctetStringRef};
    use ::pkcs8::der::{Reader as _, SliceReader};
    let shaped = SliceReader::new(der).is_ok_and(|mut reader| {
        reader
            .sequence(|inner| {
                AnyRef::decode(inner)?;
                <&OctetStringRef>::decode(inner)?;
                Ok::<_, ::pkcs8::der::Error>(())
            })
            .is_ok()
    });
    if shaped { KeyFileError::Encryption } else { KeyFileError::Der }
}

fn affordable(parameters: &pbes2::Parameters) -> Result<(), KeyFileError> {
    match &parameters.kdf {
        pbes2::Kdf::Scrypt(scrypt) => {
            let memory = scrypt.cost_parameter.saturating_mul(u64::from(scrypt.block_size)).saturating_mul(128);
            if memory > MOST_MEMORY || scrypt.parallelization > MOST_PARALLEL {
                let mebibytes = memory >> 20;
                return Err(KeyFileError::Cost(format!("{mebibytes} MiB of memory, {} times over (scrypt)", scrypt.parallelization)));
            }
            Ok(())
        }
        pbes2::Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count > MOST_ITERATIONS => {
            Err(KeyFileError::Cost(format!("{} iterations (PBKDF2)", pbkdf2.iteration_count)))
        }
        pbes2::Kdf::Pbkdf2(_) => Ok(()),
        _ => Err(KeyFileError::Encryption),
    }
}

/// The PEM block of a seed, without a passphrase.
pub(super) fn plain(seed: &Seed) -> Zeroizing<String> {
    pem(PLAIN, &der_of(seed))
}

/// The PEM block of a seed, under a passphrase.
///
/// # Errors
/// The system gives no random numbers, or the library refuses.
pub(super) fn encrypted(seed: &Seed, passphrase: &Secret) -> std::io::Result<Zeroizing<String>> {
    let other = |error: &dyn std::fmt::Display| std::io::Error::other(error.to_string());
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut iv)).map_err(|error| other(&error))?;
    let scheme = scheme(&salt, iv).map_err(|error| other(&error))?;
    let EncryptionScheme::Pbes2(parameters) = &scheme else { return Err(other(&"the library has no PBES2")) };
    let sealed = seal(parameters, seed, passphrase).map_err(|error| other(&error));
    wipe_stack();
    let sealed = sealed?;
    let data = ::pkcs8::der::asn1::OctetStringRef::new(&sealed).map_err(|error| other(&error))?;
    let info = EncryptedPrivateKeyInfoRef { encryption_algorithm: scheme, encrypted_data: data };
    Ok(pem(ENCRYPTED, &info.to_der().map_err(|error| other(&error))?))
}

fn scheme(salt: &[u8], iv: [u8; 16]) -> Result<EncryptionScheme, ::pkcs8::pkcs5::Error> {
    let kdf = pbes2::ScryptParams {
        salt: pbes2::Salt::new(salt).map_err(|_| ::pkcs8::pkcs5::Error::EncryptFailed)?,
        cost_parameter: 1 << LOG_N,
        block_size: R.try_into().unwrap_or_default(),
        parallelization: P.try_into().unwrap_or_default(),
        key_length: None,
    };
    Ok(pbes2::Parameters { kdf: kdf.into(), encryption: pbes2::EncryptionScheme::Aes256Cbc { iv } }.into())
}

/// Out of line, so that [`wipe_stack`] covers its frame.
#[inline(never)]
fn seal(parameters: &pbes2::Parameters, seed: &Seed, passphrase: &Secret) -> Result<Vec<u8>, ::pkcs8::pkcs5::Error> {
    let der = der_of(seed);
    // One block more, for the padding; what stays in the buffer is ciphertext.
    let mut buffer = Zeroizing::new(vec![0; der.len() + 16]);
    buffer.get_mut(..der.len()).unwrap_or_default().copy_from_slice(&der);
    Ok(parameters.encrypt_in_place(passphrase.as_slice(), &mut buffer, der.len())?.to_vec())
}

fn der_of(seed: &Seed) -> Zeroizing<Vec<u8>> {
    let mut der = Zeroizing::new(Vec::with_capacity(V1.len() + seed.len()));
    der.extend_from_slice(&V1);
    der.extend_from_slice(seed.as_slice());
    der
}

/// PEM with lines of 64 characters (RFC 7468, section 2).
fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(base64::encode(der));
    let mut text = Zeroizing::new(String::with_capacity(encoded.len() * 2 + 128));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}
