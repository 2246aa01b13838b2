//! Certificates on both sides: who has one of the right authority takes part, anybody else is refused and told why.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/cluster.rs"]
mod cluster;
mod support;

use std::fs;
use std::path::Path;

use cluster::{Cluster, worker};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use support::fails;

/// An authority, and a certificate that it signed, for loopback: files `<name>-ca.pem`, `<name>.pem`, `<name>.key`.
fn certify(dir: &Path, name: &str) {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    fs::write(dir.join(format!("{name}-ca.pem")), authority.pem()).unwrap();
    fs::write(dir.join(format!("{name}.pem")), certificate.pem()).unwrap();
    fs::write(dir.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// Options that show the certificate `own` and trust the authority `trusted`.
fn tls(dir: &Path, own: &str, trusted: &str) -> Vec<String> {
    let file = |name: String| dir.join(name).display().to_string();
    let options = [("--tls-cert", file(format!("{own}.pem"))), ("--tls-key", file(format!("{own}.key")))];
    let trust = ("--tls-ca", file(format!("{trusted}-ca.pem")));
    options.into_iter().chain([trust]).flat_map(|(option, file)| [option.to_owned(), file]).collect()
}

#[test]
fn certificates_of_the_right_authority_open_and_others_do_not() {
    let dir = tempfile::tempdir().unwrap();
    certify(dir.path(), "ours");
    certify(dir.path(), "theirs");
    let ours = tls(dir.path(), "ours", "ours");
    let options: Vec<&str> = ours.iter().map(String::as_str).chain(["--replications", "1"]).collect();
    let mut cluster = Cluster::new(&dir.path().join("run"), 2, &options);
    for (own, trusted) in [("theirs", "ours"), ("ours", "theirs")] {
        let said = fails(worker(&cluster.address).args(tls(dir.path(), own, trusted)), 78);
        assert!(said.contains("refuses"), "{own}, {trusted}: {said}");
    }
    let said = fails(worker(&cluster.address).args(["--wait", "0.3"]), 75);
    assert!(said.contains("cannot join"), "plain text: {said}");
    for _ in 0..2 {
        cluster.workers.push(worker(&cluster.address).args(&ours).spawn().unwrap());
    }
    let (code, said) = cluster.end();
    assert_eq!(code, Some(0), "{said}");
}
