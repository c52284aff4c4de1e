//! TLS settings of a target as a rustls configuration.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::certificate::Verifier;
use super::parameters::usage;
use super::target::{Host, SslMode, Target};
use crate::error::{Error, Result};

/// Where systems keep the certificates that they trust; the first that exists is read.
const SYSTEM_ROOTS: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// The TLS side of a connection to one host.
///
/// Errors: files that are missing, unreadable, or hold no certificate or key.
pub fn connector(target: &Target, host: &Host) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(ring::default_provider());
    let mut versions = vec![];
    if !target.tls.no_tls13 {
        versions.push(&rustls::version::TLS13);
    }
    if !target.tls.no_tls12 {
        versions.push(&rustls::version::TLS12);
    }
    let verifier = Arc::new(verifier(target, host, &provider)?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .map_err(|error| Error::new("cannot set up TLS").cause(error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match &target.tls.client {
        Some((certificate, key)) => {
            builder.with_client_auth_cert(certificates(certificate)?, private_key(key)?).map_err(|error| {
                Error::new(format!("client certificate {} cannot be used", certificate.display())).cause(error)
            })?
        }
        None => builder.with_no_client_auth(),
    };
    config.enable_sni = !target.tls.name_hidden;
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

/// As in libpq the chain is checked whenever there is a root certificate file, whatever the mode.
fn verifier(target: &Target, host: &Host, provider: &Arc<CryptoProvider>) -> Result<Verifier> {
    let tls = &target.tls;
    let root = tls.root.as_deref().filter(|path| path.exists());
    let roots = match root {
        Some(path) => certificates(path)?,
        None if tls.system_roots => system_roots()?,
        None if target.ssl_mode >= SslMode::VerifyCa => return Err(no_root(target)),
        None => vec![],
    };
    let chain = match root.is_some() || tls.system_roots {
        true => Some(chain(target, &roots, provider)?),
        false => None,
    };
    Ok(Verifier {
        chain,
        // a certificate of the system's list is an authority, never a server
        roots: if tls.system_roots { vec![] } else { roots },
        host: (target.ssl_mode == SslMode::VerifyFull).then(|| host.name.clone()),
        algorithms: provider.signature_verification_algorithms,
    })
}

fn chain(
    target: &Target,
    roots: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>> {
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(roots.iter().cloned());
    if added == 0 {
        return Err(Error::new("none of the root certificates can be read").hint("sslrootcert wants X.509 in PEM"));
    }
    let mut builder = WebPkiServerVerifier::builder_with_provider(store.into(), provider.clone());
    if let Some(path) = &target.tls.revocations {
        let lists = CertificateRevocationListDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable(path, "revocation list", &error))?;
        builder = builder.with_crls(lists);
    }
    builder.build().map_err(|error| Error::new("cannot set up the check of certificates").cause(error))
}

fn no_root(target: &Target) -> Error {
    let error = match &target.tls.root {
        Some(path) => usage(format!("root certificate file {} does not exist", path.display())),
        None => usage(format!("sslmode={} needs a root certificate file", target.ssl_mode)),
    };
    error.hint(
        "sslrootcert=FILE, sslrootcert=system for the authorities that this machine trusts, or ~/.postgresql/root.crt",
    )
}

fn system_roots() -> Result<Vec<CertificateDer<'static>>> {
    // OpenSSL, and so libpq, reads this variable itself
    let named = std::env::var_os("SSL_CERT_FILE");
    let known = SYSTEM_ROOTS.iter().map(Path::new).find(|path| path.exists());
    match named.as_deref().map(Path::new).or(known) {
        Some(path) => certificates(path),
        None => Err(Error::new("sslrootcert=system: this machine has no list of trusted certificates")
            .hint("install the package ca-certificates, or set SSL_CERT_FILE")),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(path, "certificate", &error))?;
    match found.is_empty() {
        true => Err(unreadable(path, "certificate", &pem::Error::NoItemsFound)
            .hint("it must have a part that begins with -----BEGIN CERTIFICATE-----")),
        false => Ok(found),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let metadata = fs::metadata(path)
        .map_err(|error| Error::new(format!("cannot read private key {}", path.display())).cause(error))?;
    // root may share its keys with a group
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & forbidden != 0 {
        return Err(Error::new(format!("private key {} can be read by others", path.display()))
            .hint(format!("chmod 600 {}", path.display())));
    }
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        unreadable(path, "private key", &error)
            .hint("it must be PEM and not encrypted: openssl pkey -in old.key -out new.key")
    })
}

fn unreadable(path: &Path, what: &str, error: &pem::Error) -> Error {
    match error {
        pem::Error::NoItemsFound => Error::new(format!("{} holds no {what} in PEM", path.display())),
        error => Error::new(format!("cannot read {what} {}", path.display())).cause(error),
    }
}
