//! TLS for connections to MQTT brokers, with `ring`.
//!
//! In: PEM files. Out: what the client library connects with, or the file and what is wrong with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::transport::TransportError;

/// The configuration that trusts these files, or else the system's certificates, and shows a certificate if there is one.
///
/// # Errors
/// A file cannot be read or holds something else.
pub(super) fn configuration(
    roots: &[PathBuf],
    certificate: Option<&(PathBuf, PathBuf)>,
) -> Result<Arc<ClientConfig>, TransportError> {
    let unfit = |error: rustls::Error| TransportError::permanent(format!("the certificates do not fit: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(unfit)?;
    let builder = builder.with_root_certificates(trusted(roots)?);
    let configuration = match certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
            builder.with_client_auth_cert(certificates(certificate)?, key).map_err(unfit)?
        }
    };
    Ok(Arc::new(configuration))
}

fn trusted(roots: &[PathBuf]) -> Result<RootCertStore, TransportError> {
    let mut store = RootCertStore::empty();
    for file in roots {
        for certificate in certificates(file)? {
            store.add(certificate).map_err(|error| unreadable(file, &error))?;
        }
    }
    if roots.is_empty() {
        // What the system has and this library does not understand helps nobody, and harms nobody.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    match store.is_empty() {
        false => Ok(store),
        true => Err(TransportError::permanent("there are no certificates to trust: name a file with `tls_root`")),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read.map_err(|error| unreadable(file, &error))? {
        none if none.is_empty() => Err(unreadable(file, &"it holds no certificate")),
        some => Ok(some),
    }
}

fn unreadable(file: &Path, fault: &dyn std::fmt::Display) -> TransportError {
    TransportError::permanent(format!("the file {}: {fault}", file.display()))
}
