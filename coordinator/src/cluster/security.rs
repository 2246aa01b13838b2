//! Who may talk to whom: a token of the run, and TLS with certificates on both sides.
//!
//! Guarantees that nothing but loopback is listened on in plain text unless somebody says `--insecure`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{env, fs};

use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};
use tonic::{Request, Status};

use crate::exit::Failure;

/// Environment variable with the token of the run.
pub(crate) const TOKEN: &str = "BAZAAR_TOKEN";

/// Certificate, key and authority of a process, PEM.
#[derive(Clone)]
pub(crate) struct Tls {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authority: Vec<u8>,
    /// Name in the certificates of the other side.
    name: Option<String>,
}

/// What a process shows, and asks to be shown.
#[derive(Clone)]
pub(crate) struct Security {
    token: Token,
    pub(crate) tls: Option<Tls>,
}

/// Adds the token to what is asked, and looks for it in what is answered.
#[derive(Clone)]
pub(crate) struct Token(MetadataValue<Ascii>);

/// Files of a certificate, its key and the authority that signed the other side's.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsFiles<'a> {
    pub(crate) certificate: Option<&'a Path>,
    pub(crate) key: Option<&'a Path>,
    pub(crate) authority: Option<&'a Path>,
    pub(crate) name: Option<&'a str>,
}

impl Security {
    /// The token of the environment, and the TLS of `files` if they are named.
    pub(crate) fn new(files: &TlsFiles<'_>) -> Result<Self, Failure> {
        let token = env::var(TOKEN).unwrap_or_default();
        let tls = match (files.certificate, files.key, files.authority) {
            (None, None, None) => None,
            (Some(certificate), Some(key), Some(authority)) => Some(Tls {
                certificate: read(certificate)?,
                key: read(key)?,
                authority: read(authority)?,
                name: files.name.map(str::to_owned),
            }),
            _ => {
                return Err(Failure::Usage {
                    what: "TLS needs a certificate, its key and an authority".to_owned(),
                    advice: "give --tls-cert, --tls-key and --tls-ca together: both sides show a certificate".to_owned(),
                });
            }
        };
        Ok(Self { token: Token::of(&token)?, tls })
    }

    /// Plain text with a token, for processes of one machine.
    pub(crate) fn on_loopback(token: &str) -> Result<Self, Failure> {
        Ok(Self { token: Token::of(token)?, tls: None })
    }

    /// The token.
    pub(crate) fn token(&self) -> Token {
        self.token.clone()
    }

    /// Refuses to listen in plain text where strangers can hear.
    pub(crate) fn may_listen(&self, on: SocketAddr, insecure: bool) -> Result<(), Failure> {
        if on.ip().is_loopback() || self.tls.is_some() || insecure {
            return Ok(());
        }
        Err(Failure::Usage {
            what: format!("{on} is not loopback, and there is no TLS"),
            advice: "give --tls-cert, --tls-key and --tls-ca, or --insecure if nobody else can reach this network".to_owned(),
        })
    }

    /// `https` or `http`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

impl Tls {
    /// For a server that asks for certificates.
    pub(crate) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(Identity::from_pem(&self.certificate, &self.key))
            .client_ca_root(Certificate::from_pem(&self.authority))
    }

    /// For a client that shows one.
    pub(crate) fn client(&self) -> ClientTlsConfig {
        let config = ClientTlsConfig::new()
            .identity(Identity::from_pem(&self.certificate, &self.key))
            .ca_certificate(Certificate::from_pem(&self.authority));
        match &self.name {
            Some(name) => config.domain_name(name.clone()),
            None => config,
        }
    }
}

impl Token {
    fn of(text: &str) -> Result<Self, Failure> {
        let value = format!("Bearer {text}").parse();
        value.map(Self).map_err(|_| Failure::Usage {
            what: format!("{TOKEN} holds characters that a header cannot carry"),
            advice: "use letters, digits and -".to_owned(),
        })
    }
}

/// On the client: shows the token.
#[derive(Clone)]
pub(crate) struct Shows(pub(crate) Token);

impl Interceptor for Shows {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.0.clone());
        Ok(request)
    }
}

/// On the server: asks for the token.
#[derive(Clone)]
pub(crate) struct Asks(pub(crate) Token);

impl Interceptor for Asks {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let shown = request.metadata().get("authorization").map(|value| value.as_bytes()).unwrap_or_default();
        if is_same(shown, self.0.0.as_bytes()) {
            return Ok(request);
        }
        let shown = if shown.is_empty() { "no token" } else { "another token" };
        Err(Status::unauthenticated(format!("this run has a token, and the request shows {shown}; set {TOKEN} on both sides to the same")))
    }
}

/// Compares in a time that does not tell where the first difference is.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::Io { action: "read", path: PathBuf::from(path), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_loopback_unless_somebody_insists() {
        let security = Security::on_loopback("t").unwrap();
        let open: SocketAddr = "0.0.0.0:7400".parse().unwrap();
        let loopback: SocketAddr = "127.0.0.1:7400".parse().unwrap();
        assert!(security.may_listen(loopback, false).is_ok());
        assert!(security.may_listen(open, false).unwrap_err().to_string().contains("not loopback"));
        assert!(security.may_listen(open, true).is_ok());
    }

    #[test]
    fn only_the_token_opens() {
        let of = |text: &str| Security::on_loopback(text).unwrap().token();
        let shown = Shows(of("secret")).call(Request::new(())).unwrap();
        assert!(Asks(of("secret")).call(shown).is_ok());
        let shown = Shows(of("secrex")).call(Request::new(())).unwrap();
        assert!(Asks(of("secret")).call(shown).unwrap_err().message().contains("another token"));
        assert!(Asks(of("secret")).call(Request::new(())).unwrap_err().message().contains("no token"));
    }
}
