"""Switches off one mechanism at a time and measures the KPI that must move.

    .ci/switch_off.py --bazaar PROGRAM --scenario FILE [--shoppers N] [--replications N] [MECHANISM...]

Reads `.ci/switch-off.yaml`. Both runs of a pair share the seeds of their replications, so that only the mechanism differs. A KPI
has moved if the mean difference is larger than three standard errors. Results are merged into `.ci/switch-off.results.json` by
mechanism, and `docs/switch-off.md` is written from all that are there. Exits with 3 if one that was measured did not move.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENTRIES = ROOT / ".ci" / "switch-off.yaml"
RESULTS = ROOT / ".ci" / "switch-off.results.json"
PAGE = ROOT / "docs" / "switch-off.md"
STANDARD_ERRORS = 3.0


def entries():
    lines = ENTRIES.read_text(encoding="utf-8").splitlines()
    return [json.loads(line[2:]) for line in lines if line.startswith("- ")]


class Runner:
    """Runs the scenario under patches, each set of them once."""

    def __init__(self, args, folder):
        self.args, self.folder, self.done = args, pathlib.Path(folder), {}

    def kpis(self, arm, patches):
        """By replication: platform, then KPI."""
        key = (arm, tuple(patches))
        if key not in self.done:
            self.done[key] = self.run(arm, patches)
        return self.done[key]

    def run(self, arm, patches):
        out = self.folder / str(len(self.done))
        command = [self.args.bazaar, "run", self.args.scenario, "--arm", arm, "--out", str(out), "--quiet"]
        command += ["--shoppers", str(self.args.shoppers), "--replications", str(self.args.replications)]
        if self.args.threads:
            command += ["--threads", str(self.args.threads)]
        for patch in [*patches, "outputs.sample=0"]:
            command += ["--set", patch]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        return {cell["replication"]: cell["platforms"] for cell in manifest["kpis"]}


def value(platforms, entry):
    if entry["platform"] == "all":
        return sum(kpis[entry["kpi"]] for kpis in platforms.values())
    return platforms[entry["platform"]][entry["kpi"]]


def measure(runner, entry):
    arm, base = entry.get("arm", "baseline"), entry.get("base", [])
    on = runner.kpis(arm, base)
    off = runner.kpis(entry.get("off_arm", arm), base + entry["set"])
    pairs = [(value(on[r], entry), value(off[r], entry)) for r in sorted(on)]
    n = len(pairs)
    differences = [one - other for one, other in pairs]
    mean = sum(differences) / n
    error = math.sqrt(sum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    if error > 0:
        z = mean / error
    else:
        z = math.copysign(math.inf, mean) if mean else 0.0
    return {
        "kpi": entry["kpi"],
        "platform": entry["platform"],
        "arm": arm,
        "on": sum(one for one, _ in pairs) / n,
        "off": sum(other for _, other in pairs) / n,
        "difference": mean,
        "standard_error": error,
        "z": z if math.isfinite(z) else None,
        "moved": abs(z) > STANDARD_ERRORS,
        "shoppers": runner.args.shoppers,
        "replications": n,
    }


def number(x):
    """At least four significant digits, no exponent."""
    if x == 0:
        return "0"
    decimals = max(0, 3 - math.floor(math.log10(abs(x))))
    return f"{x:,.{min(decimals, 6)}f}"


def switch(entry):
    if "off_arm" in entry:
        return f"`--arm {entry['off_arm']}` instead of `--arm {entry['arm']}`"
    first, more = f"`--set \"{shortened(entry['set'][0])}\"`", len(entry["set"]) - 1
    return first if more == 0 else f"{first} and {more} more"


def shortened(patch):
    return patch if len(patch) <= 70 else patch[:67] + "..."


def page(results):
    lines = [
        "# Switch-off table of `double-11-2025`",
        "",
        "Each mechanism that the main job configures can be switched off by itself. It does something if a KPI named in advance then",
        "moves by more than three standard errors; a row that says NO has not shown it, and a row without numbers is not measured yet.",
        "Where the KPI is the mechanism's own counter, the row shows no more than that it fires. Both runs of a row share the seeds of",
        "their replications; with three of them, three standard errors are a weak test. Patches in full stand in `.ci/switch-off.yaml`,",
        "numbers in `.ci/switch-off.results.json`; `.ci/nightly switch-off [MECHANISM...]` measures again. Rows that say *before* were",
        "measured before advertising, content, service desks and assistants were part of the main job. Money and counts are simulated",
        "values (money units, not extrapolated), over the whole calendar.",
        "",
        "| mechanism | switched off by | KPI | with | without | difference | standard error | z | moved | shoppers x replications |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    known = entries()
    for entry in known:
        name = entry["mechanism"]
        if "exempt" in entry:
            lines.append(f"| `{name}` | | | | | | | | {entry['exempt']} | |")
            continue
        found = results.get(name)
        where = f"`{entry['kpi']}`, {entry['platform']}" + (f", arm {entry['arm']}" if "arm" in entry else "")
        if found is None:
            lines.append(f"| `{name}` | {switch(entry)} | {where} | | | | | | **not measured yet** | |")
            continue
        z = "exact" if found["z"] is None else f"{found['z']:.1f}"
        cells = [number(found[k]) for k in ("on", "off", "difference", "standard_error")]
        moved = "yes" if found["moved"] else "**NO**"
        size = f"{found['shoppers']:,} x {found['replications']}" + (", before" if found.get("before") else "")
        lines.append(f"| `{name}` | {switch(entry)} | {where} | {' | '.join(cells)} | {z} | {moved} | {size} |")
    measured = [results[e["mechanism"]] for e in known if e["mechanism"] in results and "exempt" not in e]
    moved = sum(found["moved"] for found in measured)
    open_ = sum("exempt" not in e for e in known) - len(measured)
    lines += ["", f"{moved} of {len(measured)} moved their KPI; {open_} are not measured yet.", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bazaar", required=True)
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--shoppers", type=int, default=20_000)
    parser.add_argument("--replications", type=int, default=5)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--page-only", action="store_true", help="write the page from the results that are there")
    parser.add_argument("mechanisms", nargs="*")
    args = parser.parse_args()
    if args.replications < 2:
        parser.error("a standard error needs two replications or more")
    known = entries()
    unknown = set(args.mechanisms) - {entry["mechanism"] for entry in known}
    if unknown:
        parser.error(f"no such mechanism: {', '.join(sorted(unknown))}")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results = {entry["mechanism"]: results[entry["mechanism"]] for entry in known if entry["mechanism"] in results}
    still = []
    wanted = [e for e in known if "exempt" not in e and (not args.mechanisms or e["mechanism"] in args.mechanisms)]
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(args, folder)
        for entry in [] if args.page_only else wanted:
            found = measure(runner, entry)
            results[entry["mechanism"]] = found
            if not found["moved"]:
                still.append(entry["mechanism"])
            z = "exact" if found["z"] is None else f"{found['z']:.1f}"
            print(f"{entry['mechanism']}: {found['kpi']} {number(found['difference'])}, z {z}", flush=True)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(results), encoding="utf-8")
    if still:
        print(f"did not move their KPI: {', '.join(still)}")
        sys.exit(3)


if __name__ == "__main__":
    main()
