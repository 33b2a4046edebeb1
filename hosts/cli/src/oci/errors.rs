//! What a registry's answer means for who asked. Of URLs only the host is told: others can be signed.

use super::credentials::{PASSWORD, USER};
use crate::inspect::plain;
use anyhow::anyhow;
use oci_client::errors::{OciDistributionError as Error, OciErrorCode as Code};

/// The most that is shown of what a registry says, in characters.
const MOST: usize = 200;

/// An error of the client, told with what to do.
pub fn explained(error: Error, registry: &str) -> anyhow::Error {
    match status(&error) {
        Some(401 | 403) => {
            return anyhow!(
                "`{registry}` refuses it: log in with `docker login {registry}`, or set {USER} and {PASSWORD}"
            );
        }
        Some(404) => return anyhow!("`{registry}` has no such repository, tag or digest"),
        _ => {}
    }
    match error {
        Error::RequestError(e) if e.is_connect() => anyhow!(
            "`{registry}` does not answer, by {}; check its name and port, and whether it speaks HTTPS: {}",
            "HTTPS, or HTTP if that was asked for",
            causes(&e.without_url())
        ),
        Error::RequestError(e) => anyhow!("`{registry}` broke off: {}", causes(&e.without_url())),
        Error::DigestError(_) => {
            anyhow!("`{registry}` sent other bytes than those of the digest: what it has is damaged, or was changed")
        }
        Error::IoError(e) => anyhow!("{e}"),
        Error::ServerError { code, message, .. } => anyhow!("`{registry}` answers {code}: {}", shown(&message)),
        Error::RegistryError { envelope, .. } => anyhow!("`{registry}` refuses it: {}", shown(&envelope.to_string())),
        Error::ImageIndexParsingNoPlatformResolverError => {
            anyhow!("it is an index of several images: name one of them by its digest")
        }
        other => anyhow!("`{registry}` gives an answer that makes no sense: {}", shown(&other.to_string())),
    }
}

/// What is in the error of a stream, whose own text could tell of the URL.
pub fn of_stream(error: std::io::Error) -> Error {
    let known = error.downcast().map(Error::DigestError);
    known.or_else(|error| error.downcast().map(Error::RequestError)).unwrap_or_else(Error::IoError)
}

/// The status that an error stands for.
fn status(error: &Error) -> Option<u16> {
    match error {
        Error::AuthenticationFailure(_) | Error::UnauthorizedError { .. } => Some(401),
        Error::ServerError { code, .. } => Some(*code),
        Error::RequestError(e) => e.status().map(|status| status.as_u16()),
        Error::RegistryError { envelope, .. } => envelope.errors.iter().find_map(|error| match error.code {
            Code::Unauthorized | Code::Denied => Some(401),
            Code::ManifestUnknown | Code::NameUnknown | Code::NotFound | Code::BlobUnknown => Some(404),
            _ => None,
        }),
        _ => None,
    }
}

/// An error and its causes, which say what happened.
fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    shown(&all.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

fn shown(text: &str) -> String {
    let text = text.trim();
    let mut line = plain(&text.chars().take(MOST).collect::<String>());
    if line.is_empty() {
        line.push_str("without saying why");
    }
    line
}
