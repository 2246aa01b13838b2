//! Where a store lies: in a directory that all processes see, or in a bucket.
//!
//! Owns how a place is written, and how it is opened. Guarantees that both kinds create a file only where there is none, and
//! that a file in a directory is durable when it is created; a bucket guarantees both by itself.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;

use crate::cluster::store::StoreError;

/// How the place of a bucket begins.
const BUCKET: &str = "s3://";

/// The place `name` below `place`; a directory by its whole path, so that it means the same to every process.
pub(crate) fn below(place: &str, name: &str) -> String {
    if place.starts_with(BUCKET) {
        return format!("{}/{name}", place.trim_end_matches('/'));
    }
    let place = std::path::absolute(place).unwrap_or_else(|_| PathBuf::from(place));
    place.join(name).display().to_string()
}

/// Opens the store at `place`, and the folder in it.
pub(super) fn open(place: &str) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    if place.starts_with(BUCKET) { bucket(place) } else { directory(FilePath::new(place)) }
}

/// The directory of a store that lies in one.
pub(super) fn directory_of(place: &str) -> Option<&FilePath> {
    (!place.starts_with(BUCKET)).then(|| FilePath::new(place))
}

/// Opens a directory, which is created where there is none.
fn directory(dir: &FilePath) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    let failed = |source| StoreError::Failed { action: "open", path: dir.display().to_string(), source };
    std::fs::create_dir_all(dir).map_err(|error| failed(of_directory(error)))?;
    let inner = LocalFileSystem::new_with_prefix(dir).map_err(failed)?.with_fsync(true);
    Ok((Arc::new(inner), Path::default()))
}

/// An error of a directory, as of any other store.
pub(super) fn of_directory(source: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "directory", source: Box::new(source) }
}

#[cfg(not(feature = "s3"))]
fn bucket(place: &str) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    Err(StoreError::NoBuckets { place: place.to_owned() })
}

/// Opens a bucket; endpoint, region and credentials are those of the environment (`AWS_*`).
#[cfg(feature = "s3")]
fn bucket(place: &str) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
    use object_store::{ClientConfigKey, RetryConfig};

    let failed = |source| StoreError::Failed { action: "open", path: place.to_owned(), source };
    // the library of TLS between workers also serves the bucket; one that is set already is the same
    let _ = rustls::crypto::ring::default_provider().install_default();
    let prefix = place.trim_start_matches(BUCKET).split_once('/').map_or("", |(_, prefix)| prefix);
    let retry = RetryConfig { max_retries: 8, retry_timeout: WITHIN, ..RetryConfig::default() };
    let timeout = AmazonS3ConfigKey::Client(ClientConfigKey::Timeout);
    let builder = AmazonS3Builder::from_env().with_url(place).with_retry(retry);
    let builder = builder.with_config(timeout, format!("{} seconds", WITHIN.as_secs())).with_conditional_put(S3ConditionalPut::ETagMatch);
    Ok((Arc::new(builder.build().map_err(failed)?), Path::from(prefix)))
}

/// How long a transfer to or from a bucket may take, attempts that failed included.
#[cfg(feature = "s3")]
const WITHIN: std::time::Duration = std::time::Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_a_folder_of_its_own_in_a_place() {
        assert_eq!(below("s3://bucket/some/prefix/", "run-1"), "s3://bucket/some/prefix/run-1");
        assert_eq!(below("s3://bucket", "run-1"), "s3://bucket/run-1");
        let here = std::env::current_dir().unwrap();
        assert_eq!(below("here", "run-1"), here.join("here/run-1").display().to_string());
        assert_eq!(directory_of("/a"), Some(FilePath::new("/a")));
        assert_eq!(directory_of("s3://bucket"), None);
    }

    #[test]
    #[cfg(not(feature = "s3"))]
    fn a_program_without_buckets_says_which_has_them() {
        let refused = open("s3://bucket/prefix").map(drop).unwrap_err().to_string();
        assert!(refused.contains("s3://bucket/prefix") && refused.contains("without buckets"), "{refused}");
    }
}
