//! Compiles the protocol, and tells the program what it is compiled from. `protox` reads the protocol, so that nobody needs
//! `protoc`; the identity of a build is a hash over the sources, so that it is the same in a clone and in a tarball.

use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

/// What results follow from, below the root of the sources.
const SOURCES: [&str; 14] = [
    "Cargo.toml",
    "Cargo.lock",
    "sim-core/Cargo.toml",
    "sim-core/src",
    "agents/Cargo.toml",
    "agents/src",
    "scenarios/Cargo.toml",
    "scenarios/src",
    "results/Cargo.toml",
    "results/src",
    "coordinator/Cargo.toml",
    "coordinator/build.rs",
    "coordinator/proto",
    "coordinator/src",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the crate is in a workspace")?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    println!("cargo::rustc-env=BAZAAR_BUILD={}", identity(root)?);
    let files = protox::compile(["bazaar.proto"], ["proto"])?;
    tonic_prost_build::configure().bytes(".").compile_fds(files)?;
    Ok(())
}

/// 16 hex digits of the SHA-256 over names, lengths and contents of all sources, in the order of their names.
fn identity(root: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&root.join(source), &mut files)?;
    }
    let mut named = files.into_iter().map(|path| (name(root, &path), path)).collect::<Vec<_>>();
    named.sort();
    let mut hasher = Sha256::new();
    for (name, path) in named {
        let content = fs::read(path)?;
        hasher.update(format!("{name}\0{}\0", content.len()));
        hasher.update(content);
    }
    Ok(hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

/// The path below the root, with `/` on every system.
fn name(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
