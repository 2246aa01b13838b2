//! What stands in `deploy/` fits the program: scripts parse, options exist, manifests name what there is.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::process::Command;

use support::{bazaar, files, root, stdout};

/// Options that stand in a text.
fn options(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    // a default in the shell, `${X:---option}`, has a dash of its own before the option
    let words = words.filter(|word| word.starts_with("--")).map(|word| format!("--{}", word.trim_start_matches('-')));
    words.filter(|word| word.len() > 3).collect()
}

#[test]
fn job_scripts_parse() {
    let folder = root().join("deploy/slurm");
    for script in files(&folder) {
        let parsed = Command::new("bash").arg("-n").arg(folder.join(&script)).output().unwrap();
        assert!(parsed.status.success(), "{}: {}", script.display(), support::text(&parsed.stderr));
    }
}

#[test]
fn options_in_scripts_and_manifests_exist() {
    let help: String = ["run", "coordinator", "worker"].map(|name| stdout(bazaar().args([name, "--help"]))).concat();
    // options of srun, sbatch and the shell, which the scripts name too
    let foreign =
        ["--kill-on-bad-exit", "--wait", "--ntasks", "--cpus-per-task", "--array", "--job-name", "--requeue", "--open-mode", "--signal"];
    let foreign = |option: &str| foreign.contains(&option) || option.starts_with("--from-literal") || option == "--system";
    let mut seen = 0;
    for file in ["slurm/one-run.sbatch", "slurm/array.sbatch", "kubernetes/jobset.yaml", "kubernetes/indexed-job.yaml"] {
        let text = fs::read_to_string(root().join("deploy").join(file)).unwrap();
        for option in options(&text).into_iter().filter(|option| !foreign(option) && option != "--tls-") {
            assert!(help.contains(&option), "{file} gives {option}, which bazaar does not know");
            seen += 1;
        }
    }
    assert!(seen > 20, "the options are read");
}

#[test]
fn scenarios_that_manifests_run_are_in_the_image() {
    let image = fs::read_to_string(root().join("deploy/Dockerfile")).unwrap();
    assert!(image.contains("scenarios/library /scenarios/library") && image.contains("cargo build --release --locked"));
    for file in ["kubernetes/jobset.yaml", "kubernetes/indexed-job.yaml"] {
        let text = fs::read_to_string(root().join("deploy").join(file)).unwrap();
        let scenario = text.split_whitespace().find_map(|word| word.strip_prefix('/').filter(|word| word.ends_with(".yaml"))).unwrap();
        assert!(root().join(scenario).is_file(), "{file}: {scenario}");
        assert!(!text.contains('\t'), "{file} is YAML");
    }
}
