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
        // webpki refuses a root as the server's own certificate, OpenSSL trusts it
        if self.roots.iter().any(|root| root == end_entity) {
            return check_dates(end_entity, now);
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

fn check_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let validity = parsed(certificate)?.tbs_certificate.validity;
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
