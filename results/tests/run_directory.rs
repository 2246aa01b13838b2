//! A directory with a manifest is a finished run; anything else is left alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use results::{Class, Error, Existing, Finding, Manifest, RunReader, RunWriter, verify_files};
use support::{files, options, outcome, push_tick, write_cell, write_run};

#[test]
fn a_finished_run_verifies_and_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let written = write_run(&dir, Existing::Refuse);
    let read = Manifest::read(&dir).unwrap();
    assert_eq!(read, written);
    assert_eq!(verify_files(&dir, &read).unwrap(), []);
    assert!(!dir.join(".parts").exists());
    assert!(dir.join("scenario.yaml").exists() && dir.join("mechanisms.json").exists());
}

#[test]
fn a_killed_writer_leaves_whole_parts_and_no_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut writer = RunWriter::create(&dir, options(5, 2, Existing::Refuse)).unwrap();
    let mut cell = writer.begin("baseline", 0);
    for tick in 0..3 {
        push_tick(&mut cell, tick);
        cell.end_tick(tick).unwrap();
    }
    push_tick(&mut cell, 3);
    drop(writer);
    assert!(matches!(Manifest::read(&dir), Err(Error::NoManifest { .. })));
    let reader = RunReader::open(&dir).unwrap();
    assert_eq!(reader.tables().collect::<Vec<_>>(), ["orders", "platform_ticks"]);
    assert_eq!(reader.rows("orders").unwrap(), 14, "ticks 0 and 1 are committed, 2 and 3 are not");
    assert_eq!(reader.batches("orders").unwrap().map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 14);
}

#[test]
fn a_resumed_run_has_the_files_of_one_that_was_never_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, broken] = ["whole", "broken"].map(|name| folder.path().join(name));
    let expected = write_run(&whole, Existing::Refuse);
    let mut writer = RunWriter::create(&broken, options(5, 2, Existing::Refuse)).unwrap();
    writer.write_text("scenario.yaml", "bazaar: 1\n").unwrap();
    let mut cell = writer.begin("baseline", 0);
    for tick in 0..3 {
        push_tick(&mut cell, tick);
        cell.end_tick(tick).unwrap();
    }
    drop(writer);

    let mut writer = RunWriter::resume(&broken, options(5, 2, Existing::Refuse)).unwrap();
    writer.write_text("scenario.yaml", "bazaar: 1\n").unwrap();
    let mut cell = writer.begin_at("baseline", 0, 2);
    for tick in 2..5 {
        push_tick(&mut cell, tick);
        cell.end_tick(tick).unwrap();
    }
    writer.end(cell).unwrap();
    writer.write_text("mechanisms.json", "{}\n").unwrap();
    assert_eq!(writer.finish(outcome()).unwrap(), expected);
    assert_eq!(verify_files(&broken, &expected).unwrap(), []);
    assert!(matches!(RunWriter::resume(&broken, options(5, 2, Existing::Refuse)), Err(Error::RunExists { .. })));
}

#[test]
fn tampering_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let manifest = write_run(&dir, Existing::Refuse);
    let orders: Vec<_> = manifest.files.iter().filter(|file| file.table == "orders").map(|file| file.path.clone()).collect();
    let mut bytes = fs::read(dir.join(&orders[0])).unwrap();
    bytes[100] ^= 1;
    fs::write(dir.join(&orders[0]), bytes).unwrap();
    fs::remove_file(dir.join(&orders[1])).unwrap();
    fs::write(dir.join("tables/orders/more.parquet"), "x").unwrap();
    fs::write(dir.join("scenario.yaml"), "bazaar: 1\nseed: 2\n").unwrap();
    let found: Vec<_> = verify_files(&dir, &manifest)
        .unwrap()
        .into_iter()
        .map(|finding| match finding {
            Finding::Missing { path } => ("missing", path),
            Finding::Altered { path, .. } => ("altered", path),
            Finding::Extra { path } => ("extra", path),
        })
        .collect();
    let expected = [
        ("missing", orders[1].clone()),
        ("altered", "scenario.yaml".to_owned()),
        ("altered", orders[0].clone()),
        ("extra", "tables/orders/more.parquet".to_owned()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_changed_manifest_is_refused_but_timings_are_free() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    write_run(&dir, Existing::Refuse);
    let path = dir.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"wall_seconds\": 1.25", "\"wall_seconds\": 9.5")).unwrap();
    assert_eq!(Manifest::read(&dir).unwrap().execution.wall_seconds, 9.5);
    fs::write(&path, text.replace("\"seed\": 20251111", "\"seed\": 20251112")).unwrap();
    assert!(matches!(Manifest::read(&dir), Err(Error::ManifestAltered { .. })));
    fs::write(&path, text.replace("\"format\": 1", "\"format\": 9")).unwrap();
    assert!(matches!(Manifest::read(&dir), Err(Error::UnknownFormat { found: 9, .. })));
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    assert!(matches!(Manifest::read(&dir), Err(Error::BadManifest { .. })));
}

#[test]
fn an_existing_run_is_kept_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    write_run(&dir, Existing::Refuse);
    let before = files(&dir);
    let error = RunWriter::create(&dir, options(5, 2, Existing::Refuse)).err().unwrap();
    let text = error.to_string();
    assert!(text.contains("--force") && text.contains(dir.to_str().unwrap()), "{text}");
    assert_eq!(files(&dir), before);
}

#[test]
fn a_forced_run_keeps_the_old_one_until_it_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let waiting = folder.path().join(".run.replaced");
    let old = write_run(&dir, Existing::Refuse);

    let writer = RunWriter::create(&dir, options(5, 2, Existing::Replace)).unwrap();
    drop(writer);
    assert_eq!(Manifest::read(&waiting).unwrap(), old, "the old run survives a killed new one");

    let mut writer = RunWriter::create(&dir, options(5, 2, Existing::Replace)).unwrap();
    assert_eq!(Manifest::read(&waiting).unwrap(), old, "and a second attempt");
    write_cell(&mut writer, "other", 5);
    writer.finish(outcome()).unwrap();
    assert!(!waiting.exists());
    assert!(Manifest::read(&dir).unwrap().files.iter().any(|file| file.path.contains("other-r0000")));
    assert!(!dir.join("scenario.yaml").exists(), "nothing of the old run is left");
}

#[test]
fn what_is_not_a_run_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
    for existing in [Existing::Refuse, Existing::Replace] {
        assert!(matches!(RunWriter::create(folder.path(), options(5, 2, existing)), Err(Error::NotARun { .. })));
    }
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn an_empty_directory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), Existing::Refuse);
    Manifest::read(folder.path()).unwrap();
}

#[test]
fn an_unwritable_place_is_an_error_of_io_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for dir in [file.clone(), file.join("run")] {
        let error = RunWriter::create(&dir, options(5, 2, Existing::Replace)).err().unwrap();
        assert_eq!(error.class(), Class::Io);
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_folder_that_vanishes_is_an_error_of_io() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut writer = RunWriter::create(&dir, options(5, 2, Existing::Refuse)).unwrap();
    fs::remove_dir_all(&dir).unwrap();
    let mut cell = writer.begin("baseline", 0);
    let error = cell.push(&support::Generated::<0> { tick: 0, seed: 1 }).unwrap_err();
    assert_eq!(error.class(), Class::Io, "{error}");
}

#[test]
fn tables_that_are_off_leave_no_folder_and_empty_ones_a_readable_file() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut options = options(5, 2, Existing::Refuse);
    options.tables.remove("orders");
    let mut writer = RunWriter::create(&dir, options).unwrap();
    write_cell(&mut writer, "baseline", 5);
    let manifest = writer.finish(outcome()).unwrap();
    assert!(!dir.join("tables/orders").exists());
    assert_eq!(manifest.rows("missions"), 0);
    assert_eq!(RunReader::open(&dir).unwrap().schema("missions").unwrap().field(3).name(), "tick");
}

#[test]
#[should_panic(expected = "belongs to the tick in progress")]
fn a_row_of_another_tick_is_a_bug() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = RunWriter::create(&folder.path().join("run"), options(5, 2, Existing::Refuse)).unwrap();
    let mut cell = writer.begin("baseline", 0);
    let _ = cell.push(&support::Generated::<0> { tick: 1, seed: 1 });
}

#[test]
fn arms_with_odd_names_get_distinct_plain_file_names() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut writer = RunWriter::create(&dir, options(2, 2, Existing::Refuse)).unwrap();
    for arm in ["a/b", "a b", "..", "价格战"] {
        write_cell(&mut writer, arm, 2);
    }
    let manifest = writer.finish(outcome()).unwrap();
    assert_eq!(manifest.files.iter().filter(|file| file.table == "orders").count(), 4);
    assert_eq!(verify_files(&dir, &manifest).unwrap(), []);
}

#[test]
fn a_writer_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<RunWriter>();
}
