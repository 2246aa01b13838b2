"""Kubernetes manifests against the schemas of Kubernetes, strictly: python .ci/manifests.py deploy/kubernetes/*.yaml

A JobSet is a resource that clusters add; there is no schema of it here. Its jobs are checked as the jobs that it makes of
them, its own fields by name."""

import pathlib
import sys

import kubernetes_validate
import yaml

KUBERNETES = "1.33"
JOBSET = {"network", "successPolicy", "failurePolicy", "startupPolicy", "replicatedJobs", "suspend", "ttlSecondsAfterFinished"}


def jobs(document):
    """The jobs in a document, each with a name for errors."""
    if document["kind"] != "JobSet":
        yield document["metadata"]["name"], document
        return
    assert document["apiVersion"] == "jobset.x-k8s.io/v1alpha2", document["apiVersion"]
    unknown = set(document["spec"]) - JOBSET
    assert not unknown, f"a JobSet has no {sorted(unknown)}"
    targets = document["spec"]["successPolicy"]["targetReplicatedJobs"]
    names = [job["name"] for job in document["spec"]["replicatedJobs"]]
    assert set(targets) <= set(names), f"{targets} are not among {names}"
    for job in document["spec"]["replicatedJobs"]:
        assert set(job) <= {"name", "replicas", "template"}, sorted(job)
        made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": job["name"]}, "spec": job["template"]["spec"]}
        yield job["name"], made


checked = 0
for path in map(pathlib.Path, sys.argv[1:]):
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        for name, job in jobs(document):
            try:
                kubernetes_validate.validate(job, KUBERNETES, strict=True)
            except kubernetes_validate.ValidationError as error:
                sys.exit(f"{path}: {name}: {error.message} at {'.'.join(map(str, error.path))}")
            checked += 1
assert checked >= 3, f"only {checked} jobs were found"
print(f"{checked} jobs fit the schemas of Kubernetes {KUBERNETES}")
