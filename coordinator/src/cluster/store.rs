//! The store of a run: checkpoints and tables that are under way, in a directory or a bucket that all processes see.
//!
//! Owns the layout of paths and the manifests of checkpoints. Guarantees that nothing is overwritten, that what is read is
//! what was written (by its hash), and that a manifest is written after everything that it names is durable. A file that is
//! there already with the same content counts as created: an answer of a bucket may be lost after it has done its work.

use std::fmt::Write as _;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use prost::bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cluster::record::{Base, Object};
use crate::exit::Failure;

pub(crate) mod place;

/// Transfers under way at a time.
const AT_ONCE: usize = 8;
/// Folder of manifests and of the state that they name.
const CHECKPOINTS: &str = "ckpt";

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The store itself failed.
    #[error("cannot {action} {path}: {source}")]
    Failed { action: &'static str, path: String, source: object_store::Error },
    /// Something else lies where something was to be created.
    #[error("{path} exists already")]
    Exists { path: String },
    /// A file is not what was written.
    #[error("{path} is damaged: its SHA-256 is {found}, the manifest says {stated}")]
    Damaged { path: String, stated: String, found: String },
    /// A manifest cannot be read as one.
    #[error("{path} is damaged: {cause}")]
    NoManifest { path: String, cause: String },
    /// This program was compiled without buckets.
    #[cfg_attr(feature = "s3", expect(dead_code, reason = "a program with buckets opens them"))]
    #[error("{place} is a bucket, and this program was compiled without buckets")]
    NoBuckets { place: String },
}

/// A store.
#[derive(Clone)]
pub(crate) struct Store {
    inner: Arc<dyn ObjectStore>,
    /// Folder in it.
    root: Path,
    /// The directory that it lies in, if it lies in one.
    directory: Option<PathBuf>,
    /// Who opened it, unlike everybody else.
    owner: String,
}

/// The manifest of a checkpoint, with a hash of its content.
#[derive(Serialize, Deserialize)]
struct Sealed {
    sha256: String,
    base: Base,
}

impl Store {
    /// Opens the store at `place`, a directory or `s3://bucket/prefix`; a directory is created where there is none.
    pub(crate) fn open(place: &str) -> Result<Self, StoreError> {
        let (inner, root) = place::open(place)?;
        Ok(Self { inner, root, directory: place::directory_of(place).map(FilePath::to_owned), owner: unique() })
    }

    /// A store that is gone with the process.
    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        Self { inner: Arc::new(object_store::memory::InMemory::new()), root: Path::default(), directory: None, owner: unique() }
    }

    /// The same store, opened by somebody else.
    #[cfg(test)]
    pub(crate) fn as_another(&self) -> Self {
        Self { owner: unique(), ..self.clone() }
    }

    /// Creates a file.
    pub(crate) async fn create(&self, path: &str, content: Vec<u8>) -> Result<Object, StoreError> {
        let object = Object { path: path.to_owned(), bytes: content.len() as u64, sha256: sha256(&content), table: None };
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.inner.put_opts(&self.at(path), PutPayload::from(content), options).await {
            Ok(_) => Ok(object),
            Err(object_store::Error::AlreadyExists { .. }) => {
                let is_own = self.read(&object).await.is_ok();
                if is_own { Ok(object) } else { Err(StoreError::Exists { path: path.to_owned() }) }
            }
            Err(source) => Err(StoreError::Failed { action: "write", path: path.to_owned(), source }),
        }
    }

    /// Creates several files.
    pub(crate) async fn create_all(&self, files: Vec<(String, Vec<u8>)>) -> Result<Vec<Object>, StoreError> {
        stream::iter(files).map(async |(path, content)| self.create(&path, content).await).buffered(AT_ONCE).try_collect().await
    }

    /// Reads a file as it was written.
    pub(crate) async fn read(&self, object: &Object) -> Result<Bytes, StoreError> {
        let content = self.read_path(&object.path).await?;
        let found = sha256(&content);
        if found == object.sha256 {
            Ok(content)
        } else {
            Err(StoreError::Damaged { path: object.path.clone(), stated: object.sha256.clone(), found })
        }
    }

    /// Reads several files.
    pub(crate) async fn read_all(&self, objects: Vec<Object>) -> Result<Vec<Vec<u8>>, StoreError> {
        stream::iter(objects).map(async |object| Ok(self.read(&object).await?.to_vec())).buffered(AT_ONCE).try_collect().await
    }

    /// Reads a file whose hash nobody noted.
    pub(crate) async fn read_path(&self, path: &str) -> Result<Bytes, StoreError> {
        let failed = |source| StoreError::Failed { action: "read", path: path.to_owned(), source };
        self.inner.get(&self.at(path)).await.map_err(failed)?.bytes().await.map_err(failed)
    }

    /// Fences a generation: only one coordinator can have it.
    pub(crate) async fn fence(&self, generation: u64) -> Result<(), StoreError> {
        let content = format!("{{\"generation\": {generation}, \"owner\": \"{}\"}}\n", self.owner);
        self.create(&format!("gen/{generation:06}.json"), content.into_bytes()).await.map(drop)
    }

    /// The highest generation that was fenced.
    pub(crate) async fn last_generation(&self) -> Result<u64, StoreError> {
        let names = self.list("gen").await?;
        let number = |name: &String| name.rsplit('/').next()?.strip_suffix(".json")?.parse().ok();
        Ok(names.iter().filter_map(number).max().unwrap_or(0))
    }

    /// Makes a checkpoint count: everything that it names is durable.
    pub(crate) async fn commit(&self, base: &Base) -> Result<(), StoreError> {
        let text = serde_json::to_string(base).expect("plain data is JSON");
        let sealed = serde_json::to_vec_pretty(&Sealed { sha256: sha256(text.as_bytes()), base: base.clone() });
        self.create(&manifest_path(base), sealed.expect("plain data is JSON")).await.map(drop)
    }

    /// The checkpoints that count, the latest last, two at most, and what is wrong with later ones.
    pub(crate) async fn bases(&self) -> Result<(Vec<Base>, Vec<StoreError>), StoreError> {
        let mut names: Vec<String> = self.list(CHECKPOINTS).await?;
        names.retain(|name| name.ends_with(".manifest.json"));
        names.sort_unstable();
        let (mut bases, mut damaged) = (Vec::new(), Vec::new());
        for name in names.iter().rev() {
            match self.base(name).await {
                Ok(base) => bases.insert(0, base),
                Err(error) => damaged.push(error),
            }
            if bases.len() == 2 {
                break;
            }
        }
        Ok((bases, damaged))
    }

    /// Removes the state and the manifests of checkpoints that are older than `oldest`.
    pub(crate) async fn forget_before(&self, oldest: &Base) -> Result<(), StoreError> {
        let first = position(oldest);
        let outdated = self.list(CHECKPOINTS).await?;
        for name in outdated.iter().filter(|name| name.split('/').next_back().is_some() && place_of(name) < first.as_str()) {
            self.remove(name).await?;
        }
        Ok(())
    }

    /// Removes what was written of a checkpoint that does not count.
    pub(crate) async fn discard(&self, folder: &str) -> Result<(), StoreError> {
        for name in self.list(folder).await? {
            self.remove(&name).await?;
        }
        Ok(())
    }

    /// Removes everything: the run is complete.
    pub(crate) async fn clear(&self) -> Result<(), StoreError> {
        if let Some(dir) = &self.directory {
            let failed = |source| StoreError::Failed { action: "remove", path: dir.display().to_string(), source };
            return std::fs::remove_dir_all(dir).map_err(|error| failed(place::of_directory(error)));
        }
        for name in self.list("").await? {
            self.remove(&name).await?;
        }
        Ok(())
    }

    async fn remove(&self, path: &str) -> Result<(), StoreError> {
        let failed = |source| StoreError::Failed { action: "remove", path: path.to_owned(), source };
        self.inner.delete(&self.at(path)).await.map_err(failed)
    }

    /// Paths below a folder.
    async fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let at = self.at(folder);
        let found: Vec<_> = self.inner.list(Some(&at)).try_collect().await.map_err(|source| StoreError::Failed {
            action: "list",
            path: folder.to_owned(),
            source,
        })?;
        let skip = self.root.parts().count();
        Ok(found
            .iter()
            .map(|meta| meta.location.parts().skip(skip).map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
            .collect())
    }

    async fn base(&self, path: &str) -> Result<Base, StoreError> {
        let bytes = self.read_path(path).await?;
        let refuse = |cause: String| StoreError::NoManifest { path: path.to_owned(), cause };
        let sealed: Sealed = serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
        let found = sha256(serde_json::to_string(&sealed.base).expect("plain data is JSON").as_bytes());
        if found == sealed.sha256 {
            Ok(sealed.base)
        } else {
            Err(refuse(format!("its content has the SHA-256 {found}, it states {}", sealed.sha256)))
        }
    }

    fn at(&self, path: &str) -> Path {
        path.split('/').filter(|part| !part.is_empty()).fold(self.root.clone(), |at, part| at.join(part))
    }
}

/// A name that nobody else has: of the process, the time, and a number within both.
fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    sha256(format!("{}-{process}-{}-{number}", host.trim(), now.as_nanos()).as_bytes())
}

/// A failure of the store, as people read it.
pub(crate) fn stored(error: StoreError, advice: &str) -> Failure {
    let what = error.to_string();
    match error {
        StoreError::NoBuckets { .. } => Failure::Usage {
            what,
            advice: "build it with `cargo build --release --features s3`; the image of deploy/Dockerfile has them".to_owned(),
        },
        _ => Failure::Missing { what, advice: advice.to_owned() },
    }
}

/// Folder of the state of a checkpoint.
pub(crate) fn state_folder(cell: u32, tick: u32, generation: u64) -> String {
    format!("{CHECKPOINTS}/c{cell:04}-t{tick:06}/g{generation:06}")
}

/// Folder of the files of tables of a block of ticks that ends before `tick`.
pub(crate) fn output_folder(cell: u32, tick: u32, generation: u64) -> String {
    format!("out/c{cell:04}-t{tick:06}/g{generation:06}")
}

fn manifest_path(base: &Base) -> String {
    format!("{CHECKPOINTS}/{}-g{:06}.manifest.json", position(base), base.generation)
}

fn position(base: &Base) -> String {
    format!("c{:04}-t{:06}", base.cell, base.tick)
}

/// The position in the name of a file of a checkpoint.
fn place_of(path: &str) -> &str {
    let rest = path.split('/').nth(1).unwrap_or(path);
    rest.get(.."c0000-t000000".len()).unwrap_or(rest)
}

/// SHA-256 as 64 hex digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store, tokio::runtime::Runtime) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().to_str().unwrap()).unwrap();
        (dir, store, tokio::runtime::Builder::new_current_thread().build().unwrap())
    }

    fn base(tick: u32) -> Base {
        Base { generation: 1, tick, ..Base::default() }
    }

    #[test]
    fn nothing_is_overwritten_and_a_generation_has_one_owner() {
        let (_dir, store, runtime) = store();
        runtime.block_on(async {
            let object = store.create("a/b.bin", vec![1, 2]).await.unwrap();
            assert!(matches!(store.create("a/b.bin", vec![3]).await, Err(StoreError::Exists { .. })));
            assert_eq!(&store.read(&object).await.unwrap()[..], [1, 2]);
            assert_eq!(store.create("a/b.bin", vec![1, 2]).await.unwrap(), object, "an answer that was lost is asked for again");
            store.fence(3).await.unwrap();
            assert!(matches!(store.as_another().fence(3).await, Err(StoreError::Exists { .. })));
            assert_eq!(store.last_generation().await.unwrap(), 3);
        });
    }

    #[test]
    fn a_flipped_bit_is_named_and_the_checkpoint_before_counts() {
        let (dir, store, runtime) = store();
        runtime.block_on(async {
            for tick in [4, 8, 12] {
                store.commit(&base(tick)).await.unwrap();
            }
            let path = dir.path().join(manifest_path(&base(12)));
            let mut bytes = std::fs::read(&path).unwrap();
            let at = bytes.iter().rposition(|byte| *byte == b'2').unwrap();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            let (bases, damaged) = store.bases().await.unwrap();
            assert_eq!(bases, [base(4), base(8)]);
            assert!(damaged[0].to_string().contains("c0000-t000012-g000001.manifest.json is damaged"), "{}", damaged[0]);
            let object = store.create("x.bin", vec![9; 100]).await.unwrap();
            std::fs::write(dir.path().join("x.bin"), vec![8; 100]).unwrap();
            assert!(store.read(&object).await.unwrap_err().to_string().contains("x.bin is damaged"));
        });
    }

    #[test]
    fn what_does_not_count_goes_and_at_the_end_everything() {
        let (dir, store, runtime) = store();
        runtime.block_on(async {
            let files = [4, 8].map(|tick| format!("{}/s00000.bin", state_folder(0, tick, 1)));
            for file in &files {
                store.create(file, vec![0]).await.unwrap();
            }
            store.discard(&state_folder(0, 8, 1)).await.unwrap();
            assert!(dir.path().join(&files[0]).exists() && !dir.path().join(&files[1]).exists());
            let memory = Store::in_memory();
            memory.create(&files[0], vec![0]).await.unwrap();
            for store in [&store, &memory] {
                store.clear().await.unwrap();
                assert_eq!(store.list("").await.unwrap_or_default(), Vec::<String>::new());
            }
        });
    }

    #[test]
    fn old_checkpoints_go() {
        let (dir, store, runtime) = store();
        runtime.block_on(async {
            for tick in [4, 8] {
                store.create(&format!("{}/s00000.bin", state_folder(0, tick, 1)), vec![0]).await.unwrap();
                store.commit(&base(tick)).await.unwrap();
            }
            store.forget_before(&base(8)).await.unwrap();
            assert_eq!(store.bases().await.unwrap().0, [base(8)]);
            assert!(!dir.path().join(state_folder(0, 4, 1)).join("s00000.bin").exists());
            assert!(dir.path().join(state_folder(0, 8, 1)).join("s00000.bin").exists());
        });
    }
}
