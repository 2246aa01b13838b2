//! Checkpoints in a bucket: a server that speaks S3 is where `AWS_ENDPOINT_URL` says, with the bucket `bazaar`; `.ci/s3.sh`
//! starts one. A run goes on from there as from a directory.
#![cfg(all(target_os = "linux", feature = "s3"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/cluster.rs"]
mod cluster;
mod support;

use std::path::{Path, PathBuf};

use cluster::{Cluster, SMALL};
use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use support::{bazaar, same_bytes, scenario, stdout};

/// Ticks of the engine of a cell of the scenario.
const TICKS: u64 = 30;

fn undisturbed() -> &'static Path {
    support::undisturbed(&SMALL)
}

fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn bucket() -> AmazonS3 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    AmazonS3Builder::from_env().with_bucket_name("bazaar").build().unwrap()
}

fn keys(prefix: &str) -> Vec<String> {
    let found: Vec<_> = now(bucket().list(Some(&Key::from(prefix))).map_ok(|found| found.location.to_string()).try_collect()).unwrap();
    found
}

/// A run that is `tick` ticks in, its checkpoints below `prefix`, and then has no coordinator any more.
fn abandoned(dir: &Path, prefix: &str, tick: u64) -> PathBuf {
    let out = dir.join("run");
    let mut cluster = Cluster::new(&out, 2, &["--store", &format!("s3://bazaar/{prefix}")]);
    cluster.join(2);
    cluster.reach(tick, TICKS);
    cluster.kill_coordinator();
    assert!(!out.join(".run").exists(), "nothing lies beside the bucket");
    out
}

#[test]
fn a_run_goes_on_from_a_bucket_and_leaves_nothing_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let out = abandoned(dir.path(), "killed/here", 40);
    let left = keys("killed/here");
    assert!(left.iter().any(|key| key.ends_with(".manifest.json")) && left.iter().any(|key| key.contains("/ckpt/c0001-")), "{left:?}");
    stdout(bazaar().arg("resume").arg(&out).args(["--workers", "3", "--quiet"]));
    same_bytes(undisturbed(), &out);
    assert_eq!(keys("killed/here"), Vec::<String>::new());
}

#[test]
fn a_flipped_bit_in_a_bucket_is_refused_by_name_and_the_checkpoint_before_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let out = abandoned(dir.path(), "flipped", 20);
    let newest = keys("flipped").into_iter().filter(|key| key.contains("/ckpt/") && key.ends_with("/s0000003.bin")).max().unwrap();
    let key = Key::from(newest.clone());
    let mut bytes = now(async { bucket().get(&key).await.unwrap().bytes().await.unwrap() }).to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    now(bucket().put(&key, bytes.into())).unwrap();
    let done = bazaar().arg("resume").arg(&out).args(["--workers", "2"]).output().unwrap();
    let said = support::text(&done.stderr);
    assert!(done.status.success(), "{said}");
    let name = newest.split_once("/ckpt/").unwrap().1;
    assert!(said.contains(name) && said.contains("is damaged"), "{newest}: {said}");
    same_bytes(undisturbed(), &out);
}

#[test]
fn a_worker_killed_while_it_writes_to_a_bucket_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::new(&dir.path().join("run"), 2, &["--store", "s3://bazaar/workers"]);
    cluster.join(2);
    cluster.reach(25, TICKS);
    cluster.signal(0, "KILL");
    let (code, said) = cluster.end();
    assert_eq!(code, Some(0), "{said}");
    same_bytes(undisturbed(), &cluster.out);
}

#[test]
fn the_bucket_creates_an_object_once() {
    let key = Key::from("once/fence.json");
    let create = |text: &'static str| now(bucket().put_opts(&key, text.into(), PutMode::Create.into()));
    create("first").unwrap();
    assert!(matches!(create("second"), Err(object_store::Error::AlreadyExists { .. })));
    assert_eq!(&now(async { bucket().get(&key).await.unwrap().bytes().await.unwrap() })[..], b"first");
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut coordinator = bazaar();
    coordinator.arg("coordinator").arg(scenario("regression/tiny.yaml")).args(["--store", "s3://no-such-bucket/x"]);
    let said = support::fails(coordinator.args(["--listen", "127.0.0.1:0"]).arg("--out").arg(dir.path().join("run")), 1);
    assert!(said.contains("cannot list ckpt") && said.contains("NoSuchBucket"), "{said}");
}
