//! An authority of the tests' own, and what it signs, as PEM files.

use std::path::{Path, PathBuf};

/// Certificates in a folder, which is removed when this is dropped.
pub struct Certificates {
    folder: tempfile::TempDir,
    authority: rcgen::Certificate,
    key: rcgen::KeyPair,
}

/// A certificate and its key.
pub struct Signed {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Both in one file, the key first.
    pub both: PathBuf,
}

impl Certificates {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "authority");
        let authority = parameters.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        Self { folder, authority, key }
    }

    /// The certificate that those trust who trust what is signed here.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A certificate for 127.0.0.1 and `name`, which is over at the end of `year`.
    pub fn sign(&self, name: &str, year: i32) -> Signed {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters =
            rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(year, 12, 31);
        let signed = parameters.signed_by(&key, &self.authority, &self.key).unwrap();
        let file = |what: &str, text: String| {
            let path = self.folder.path().join(format!("{name}-{year}.{what}.pem"));
            std::fs::write(&path, text).unwrap();
            path
        };
        Signed {
            both: file("both", format!("{}{}", key.serialize_pem(), signed.pem())),
            certificate: file("certificate", signed.pem()),
            key: file("key", key.serialize_pem()),
        }
    }
}
