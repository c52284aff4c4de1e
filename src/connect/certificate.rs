//! What libpq checks in a server certificate, where webpki differs: host names
//! (`fe-secure-common.c`), certificates that are their own root, and version 1 certificates.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Validity;

/// `commonName`, RFC 5280 appendix A.1.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Checks a server certificate as far as the sslmode wants. Signatures of the handshake are always
/// checked: whoever shows a certificate must own its key.
#[derive(Debug)]
pub struct Verifier {
    /// Checks the chain up to a trusted root; `None`: any certificate will do.
    pub chain: Option<Arc<WebPkiServerVerifier>>,
    /// The trusted certificates: one of them may be the server's own.
    pub roots: Vec<CertificateDer<'static>>,
    /// The host name that the certificate must be for; `None`: any.
    pub host: Option<String>,
    /// What can be verified.
    pub algorithms: WebPkiSupportedAlgorithms,
}

/// The certificate is trusted, but for another host.
#[derive(Debug)]
pub struct WrongHost {
    /// The names that it is for.
    pub names: Vec<String>,
}

impl fmt::Display for WrongHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate is for {}", self.names.join(", "))
    }
}

impl std::error::Error for WrongHost {}

impl Verifier {
    fn verify_chain(
        &self,
        chain: &WebPkiServerVerifier,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        // webpki refuses a root as the server's own certificate, OpenSSL trusts it if it signed itself
        if self.roots.iter().any(|root| root == end_entity) {
            let certificate = parsed(end_entity)?.tbs_certificate;
            if certificate.subject == certificate.issuer {
                return check_dates(&certificate.validity, now);
            }
        }
        match chain.verify_server_cert(end_entity, intermediates, name, &[], now) {
            // the name comes last in webpki and is checked in libpq's way
            Ok(_)
            | Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(chain) = &self.chain {
            self.verify_chain(chain, end_entity, intermediates, name, now)?;
        }
        if let Some(host) = &self.host {
            check_host(&parsed(end_entity)?, host)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let parsed = parsed(certificate)?;
        if parsed.tbs_certificate.version == Version::V3 {
            return crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms);
        }
        // webpki reads version 3 alone; the key by itself serves as well
        let key = parsed.tbs_certificate.subject_public_key_info.to_der().map_err(|_| bad_encoding())?;
        crypto::verify_tls13_signature_with_raw_key(
            message,
            &SubjectPublicKeyInfoDer::from(key),
            signature,
            &self.algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn bad_encoding() -> Error {
    CertificateError::BadEncoding.into()
}

fn parsed(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate).map_err(|_| bad_encoding())
}

fn check_dates(validity: &Validity, now: UnixTime) -> Result<(), Error> {
    let now = Duration::from_secs(now.as_secs());
    if now < validity.not_before.to_unix_duration() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.to_unix_duration() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// The host against the alternative names; against the common name when none of them is a DNS name
/// (for an address: neither an address nor a matching DNS name).
fn check_host(certificate: &Certificate, host: &str) -> Result<(), Error> {
    let alternatives = certificate.tbs_certificate.get::<SubjectAltName>().map_err(|_| bad_encoding())?;
    let address: Option<IpAddr> = host.parse().ok();
    let (mut names, mut consult_common_name) = (vec![], true);
    for name in alternatives.map(|(_, names)| names.0).unwrap_or_default() {
        match name {
            GeneralName::DnsName(name) => {
                // an address in the certificate outranks the common name, a DNS name does for names
                consult_common_name &= address.is_some();
                names.push(name.to_string());
            }
            GeneralName::IpAddress(bytes) => {
                let found = match bytes.as_bytes() {
                    [a, b, c, d] => Some(IpAddr::from([*a, *b, *c, *d])),
                    bytes => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
                };
                if found.is_some() && found == address {
                    return Ok(());
                }
                consult_common_name &= address.is_none();
                names.extend(found.map(|found| found.to_string()));
            }
            _ => {}
        }
    }
    if consult_common_name {
        names.extend(common_name(certificate));
    }
    match names.iter().any(|name| matches(name, host, address.is_some())) {
        true => Ok(()),
        false => {
            let error = WrongHost { names };
            Err(CertificateError::Other(OtherError(Arc::new(error))).into())
        }
    }
}

fn common_name(certificate: &Certificate) -> Option<String> {
    let subject = &certificate.tbs_certificate.subject;
    let attributes = subject.0.iter().flat_map(|names| names.0.iter());
    let value =
        attributes.filter(|attribute| attribute.oid == COMMON_NAME).map(|attribute| attribute.value.value()).next()?;
    String::from_utf8(value.to_vec()).ok()
}

/// Exact but for case; a leading `*.` stands for one label, never in an address.
fn matches(pattern: &str, host: &str, is_address: bool) -> bool {
    // an embedded zero byte is a trick to look like another name
    if pattern.contains('\0') || pattern.is_empty() {
        return false;
    }
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(suffix) = pattern.strip_prefix('*').filter(|suffix| suffix.starts_with('.') && suffix.len() > 1) else {
        return false;
    };
    !is_address && host.find('.').is_some_and(|dot| dot > 0 && host[dot..].eq_ignore_ascii_case(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::RootCertStore;
    use rustls::crypto::ring;
    use rustls::pki_types::pem::PemObject;

    /// An authority that signed itself (only a common name), a server that it signed, and one of
    /// version 1; all good until 2126.
    const OWN: &str = include_str!("../../tests/certificates/own.crt");
    const LEAF: &str = include_str!("../../tests/certificates/leaf.crt");
    const VERSION_1: &str = include_str!("../../tests/certificates/v1.crt");

    /// Checks a server certificate against one root, in 2030 unless another year is given.
    fn check_in(year: u64, server: &str, root: &str, host: Option<&str>) -> Result<(), Error> {
        let certificate = |text: &str| CertificateDer::from_pem_slice(text.as_bytes()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let mut store = RootCertStore::empty();
        store.add(certificate(root)).unwrap();
        let chain = WebPkiServerVerifier::builder_with_provider(store.into(), provider.clone()).build().unwrap();
        let verifier = Verifier {
            chain: Some(chain),
            roots: vec![certificate(root)],
            host: host.map(str::to_string),
            algorithms: provider.signature_verification_algorithms,
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs((year - 1970) * 31_557_600));
        let name = ServerName::try_from("any.test").unwrap();
        verifier.verify_server_cert(&certificate(server), &[], &name, &[], now).map(drop)
    }

    fn check(server: &str, root: &str, host: Option<&str>) -> Result<(), Error> {
        check_in(2030, server, root, host)
    }

    #[test]
    fn chains_and_certificates_that_signed_themselves() {
        assert_eq!(check(LEAF, OWN, None), Ok(()));
        assert_eq!(check(OWN, OWN, None), Ok(()));
        assert_eq!(check(LEAF, LEAF, None), Err(CertificateError::UnknownIssuer.into()));
        assert_eq!(check_in(2200, OWN, OWN, None), Err(CertificateError::Expired.into()));
        assert_eq!(check_in(2000, OWN, OWN, None), Err(CertificateError::NotValidYet.into()));
        assert!(check_in(2200, LEAF, OWN, None).is_err());
        assert!(check(VERSION_1, OWN, None).is_err());
    }

    #[test]
    fn names_come_from_the_alternatives_then_from_the_common_name() {
        let cases = [
            (LEAF, "leaf.example", true),
            (LEAF, "10.0.0.1", true),
            (LEAF, "::1", true),
            (LEAF, "0:0:0:0:0:0:0:1", true),
            (LEAF, "10.0.0.2", false),
            // there are DNS names, so the common name does not count
            (LEAF, "leaf.test", false),
            (OWN, "own.test", true),
            (OWN, "other.test", false),
        ];
        for (server, host, expected) in cases {
            assert_eq!(check(server, OWN, Some(host)).is_ok(), expected, "{host}");
        }
    }

    #[test]
    fn host_names_match_as_in_libpq() {
        let cases = [
            ("db.example.com", "DB.example.com", true),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*", "db", false),
            ("", "", false),
            ("db.example.com\0.evil.com", "db.example.com", false),
        ];
        for (pattern, host, expected) in cases {
            assert_eq!(matches(pattern, host, false), expected, "{pattern} {host}");
        }
        assert!(!matches("*.0.0.1", "127.0.0.1", true) && matches("127.0.0.1", "127.0.0.1", true));
    }
}
