"""Switches off one mechanism at a time and measures the KPI that must move.

    .ci/switch_off.py --bazaar PROGRAM --scenario FILE [--shoppers N] [--jobs N] [MECHANISM...]

Reads `.ci/switch-off.yaml`. A replication is a run with a seed of its own; both runs of a pair share it, so that only the
mechanism differs. An entry is measured with 4 replications, then 8, then 12, until its KPI is beyond doubt: the mean difference
is larger than Student's t allows where three standard errors of many replications are meant. It has moved if the difference is
larger than three standard errors. Results are merged into `.ci/switch-off.results.json` by mechanism, and `docs/switch-off.md` is
written from all that are there. Exits with 3 if one that was measured did not move.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENTRIES = ROOT / ".ci" / "switch-off.yaml"
RESULTS = ROOT / ".ci" / "switch-off.results.json"
PAGE = ROOT / "docs" / "switch-off.md"
STANDARD_ERRORS = 3.0
STEP = 4


def entries():
    lines = ENTRIES.read_text(encoding="utf-8").splitlines()
    return [json.loads(line[2:]) for line in lines if line.startswith("- ")]


class Cells:
    """Runs of one replication each, every one of them once: later replications reuse the earlier ones, entries share the baseline."""

    def __init__(self, args, folder):
        self.args, self.folder, self.runs = args, pathlib.Path(folder), {}
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pool = concurrent.futures.ThreadPoolExecutor(args.jobs)
        scenario = pathlib.Path(args.scenario).read_text(encoding="utf-8")
        self.first_seed = args.seed if args.seed is not None else int(re.search(r"^seed: ([\d_]+)", scenario, re.MULTILINE)[1])
        self.version = hashlib.sha256(pathlib.Path(args.bazaar).read_bytes() + scenario.encode()).hexdigest()

    def start(self, side, replication):
        """The future of the KPIs: platform, then KPI."""
        arm, patches = side
        key = (arm, tuple(patches), replication)
        if key not in self.runs:
            self.runs[key] = self.pool.submit(self.run, arm, patches, replication)
        return self.runs[key]

    def run(self, arm, patches, replication):
        seed = self.first_seed + replication
        name = json.dumps([self.version, arm, patches, seed, self.args.shoppers])
        kept = self.folder / (hashlib.sha256(name.encode()).hexdigest()[:32] + ".json")
        if kept.exists():
            return json.loads(kept.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as out:
            command = [self.args.bazaar, "run", self.args.scenario, "--arm", arm, "--out", f"{out}/run", "--quiet", "--threads", "1"]
            command += ["--shoppers", str(self.args.shoppers), "--replications", "1", "--seed", str(seed)]
            for patch in [*patches, "outputs.sample=0"]:
                command += ["--set", patch]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
            manifest = json.loads(pathlib.Path(out, "run", "manifest.json").read_text(encoding="utf-8"))
        (cell,) = manifest["kpis"]
        kept.write_text(json.dumps(cell["platforms"]), encoding="utf-8")
        return cell["platforms"]


def sides(entry):
    """Arm and patches with the mechanism, and without it."""
    arm, base = entry.get("arm", "baseline"), entry.get("base", [])
    return (arm, base), (entry.get("off_arm", arm), base + entry["set"])


def fingerprint(entry):
    """Tells results of these patches and KPIs from those of others."""
    parts = {key: entry.get(key) for key in ("set", "base", "arm", "off_arm", "kpi", "platform", "own")}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def value(platforms, kpi, platform):
    if platform == "all":
        return sum(kpis[kpi] for kpis in platforms.values())
    return platforms[platform][kpi]


def compare(kpi, platform, pairs):
    """The mean difference of a KPI between the runs of pairs, and its standard error."""
    values = [(value(on, kpi, platform), value(off, kpi, platform)) for on, off in pairs]
    n = len(values)
    differences = [one - other for one, other in values]
    mean = sum(differences) / n
    error = math.sqrt(sum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    if error > 0:
        z = mean / error
    else:
        z = math.copysign(math.inf, mean) if mean else 0.0
    return {
        "kpi": kpi,
        "platform": platform,
        "on": sum(one for one, _ in values) / n,
        "off": sum(other for _, other in values) / n,
        "difference": mean,
        "standard_error": error,
        "z": z if math.isfinite(z) else None,
    }


def size(found):
    """How many standard errors a difference is; infinite where all replications agree to the bit."""
    return math.inf if found["z"] is None else abs(found["z"])


def judge(entry, pairs, shoppers):
    found = compare(entry["kpi"], entry["platform"], pairs)
    found["moved"] = size(found) > STANDARD_ERRORS
    found |= {"shoppers": shoppers, "replications": len(pairs), "entry": fingerprint(entry)}
    if "own" in entry:
        found["own"] = compare(entry["own"][0], entry["own"][1], pairs)
    return found


@functools.cache
def student(n):
    """What |z| of n replications must exceed to be as rare by chance as 3 standard errors of a normal mean (Student, 1908)."""
    freedom = n - 1
    scale = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2) / math.sqrt(freedom * math.pi)

    def within(t):
        steps = 2000
        density = [scale * (1 + (t * i / steps) ** 2 / freedom) ** (-(freedom + 1) / 2) for i in range(steps + 1)]
        return 2 * t / steps * (sum(density) - (density[0] + density[-1]) / 2)

    low, high = STANDARD_ERRORS, 1000.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle) < math.erf(STANDARD_ERRORS / math.sqrt(2)) else (low, middle)
    return high


def measure(cells, wanted, most, tell):
    """Measures entries in rounds of more and more replications, until each is beyond doubt or has had the most."""
    n = min(STEP, most)
    while wanted:
        for entry in wanted:
            for replication in range(n):
                for side in sides(entry):
                    cells.start(side, replication)
        open_ = []
        for entry in wanted:
            on, off = sides(entry)
            pairs = [(cells.start(on, r).result(), cells.start(off, r).result()) for r in range(n)]
            found = judge(entry, pairs, cells.args.shoppers)
            tell(entry, found, pairs)
            if size(found) <= student(n):
                open_.append(entry)
        if n == most:
            return
        wanted, n = open_, min(n + STEP, most)


def moves_most(pairs, count):
    """The KPIs of any platform that differ most: for the choice of one, which other seeds must then confirm."""
    platforms = pairs[0][0]
    found = []
    for platform in [*platforms, "all"]:
        for kpi in next(iter(platforms.values())):
            try:
                found.append(compare(kpi, platform, pairs))
            except TypeError:
                continue  # a rate of nothing has no value
    return sorted(found, key=size, reverse=True)[:count]


def number(x):
    """At least four significant digits, no exponent."""
    if x == 0:
        return "0"
    decimals = max(0, 3 - math.floor(math.log10(abs(x))))
    return f"{x:,.{min(decimals, 6)}f}"


def relative(found):
    """The difference as a share of the run without the mechanism."""
    if found["off"] == 0:
        return "from 0" if found["on"] else "0"
    percent = 100 * found["difference"] / abs(found["off"])
    if abs(percent) >= 1000:
        return f"x {found['on'] / found['off']:,.0f}"
    if 0 < abs(percent) < 0.001:
        return "below 0.001 %"
    return f"{percent:+.0f} %" if abs(percent) >= 10 else f"{percent:+.2g} %"


def z(found):
    return "exact" if found["z"] is None else f"{found['z']:.1f}"


def switch(entry):
    if "off_arm" in entry:
        return f"`--arm {entry['off_arm']}` instead of `--arm {entry['arm']}`"
    first, more = f"`--set \"{shortened(entry['set'][0])}\"`", len(entry["set"]) - 1
    return first if more == 0 else f"{first} and {more} more"


def shortened(patch):
    return patch if len(patch) <= 60 else patch[:57] + "..."


def verdict(found):
    if not found["moved"]:
        return "**NO**"
    if found.get("earlier"):
        return "yes, earlier"
    return "yes" if size(found) > student(found["replications"]) else "yes, weakly"


def row(entry, found):
    name = f"| `{entry['mechanism']}` |"
    if "exempt" in entry:
        return f"{name} | | | | | | | | {entry['exempt']} |"
    named = found or entry
    where = f"`{named['kpi']}`, {named['platform']}" + (f", arm {entry['arm']}" if "arm" in entry else "")
    if found is None:
        return f"{name} {switch(entry)} | {where} | | | | | | | **not measured** |"
    own = ""
    if "own" in found:
        beside = found["own"]
        own = f"`{beside['kpi']}`, {beside['platform']}: {number(beside['on'])}, without {number(beside['off'])}, z {z(beside)}"
    cells = f"{number(found['on'])} | {number(found['off'])} | {relative(found)} | {z(found)}"
    return f"{name} {switch(entry)} | {where} | {cells} | {found['replications']} | {own} | {verdict(found)} |"


HEAD = """\
# Switch-off table of `double-11-2025`

Does each mechanism of the main job do something? Each of them can be switched off by itself; a row of this table compares the
season with it and without it, at {shoppers} shoppers and everything else alike.

How it was made. `.ci/nightly switch-off [MECHANISM...]` runs the main job (its baseline arm where the row names no other) with the
patches of `.ci/switch-off.yaml`, and without them, over the whole calendar. A replication is such a pair of runs with a seed of its
own, which both share, so that they draw the same numbers wherever they ask the same question. A row begins with 4 replications and
goes on to 8 and 12 while its z is below what Student's t demands of so few (9.2 with 4 replications, 4.5 with 8, 3.8 with 12).
Numbers with all digits stand in `.ci/switch-off.results.json`.

How to read it.

- *KPI* is a result that somebody would look at (orders, GMV, a share, a rate, profit) wherever the mechanism moves one beyond doubt,
  otherwise what it works on directly; docs/metrics.md defines all of them. *with* and *without* are means of the replications, money
  in simulated money units (not extrapolated), over all days but those of the warm-up. *all* is the sum over the four platforms.
- *change* is what the mechanism adds, relative to the season without it. *z* is the mean difference divided by its standard error, *n* the
  number of replications. *exact* means that all replications differ by the same amount.
- *own counter* is what the mechanism itself counts, as far as there is a KPI of it. It says that the mechanism fires, not that it
  matters.
- *moved* is yes if |z| is above 3, and "weakly" if it is not above Student's t. "earlier" marks rows of an earlier state of the main job;
  those with three replications show the KPI named then, often the mechanism's own counter. They stay until they are measured again.

What it does not show. KPIs were chosen by what the mechanism should do, by looking at all KPIs of runs with other seeds and, where the first
choice did not move, at the first replications of the row itself; later replications of such a row are fresh, and so are the seeds of
the others. A significant change may be small: read the relative change. A mechanism that moves little here may move much in
another market, and what two of them do together is not in the table. Some patches take more away than the mechanism (an auction without
slots has no clicks either); then the row is an upper bound. A row says nothing about whether the size of a change is right: docs/calibration.md
and docs/validation.md do.

| mechanism | switched off by | KPI | with | without | change | z | n | own counter | moved |
|---|---|---|---|---|---|---|---|---|---|
"""


def page(results):
    known = entries()
    sizes = sorted({found["shoppers"] for found in results.values()})
    lines = [row(entry, results.get(entry["mechanism"])) for entry in known]
    counted = [entry for entry in known if "exempt" not in entry]
    measured = [results[e["mechanism"]] for e in counted if e["mechanism"] in results]
    moved = sum(found["moved"] for found in measured)
    earlier = sum(found.get("earlier", False) for found in measured)
    last = f"{moved} of {len(counted)} moved their KPI by more than three standard errors; {earlier} rows are of an earlier state, "
    last += f"{len(counted) - len(measured)} entries are not measured."
    return HEAD.format(shoppers=" and ".join(f"{n:,}" for n in sizes)) + "\n".join([*lines, "", last, ""])


def kept_results(known):
    """Results of entries as they stand now, and of an earlier state until they are measured again; others are dropped."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    prints = {entry["mechanism"]: fingerprint(entry) for entry in known if "exempt" not in entry}
    found = {name: results[name] for name in prints if name in results}
    return {name: one for name, one in found.items() if one.get("entry", prints[name]) == prints[name]}


def check(known):
    """Whether the page is what the results say; tells what is missing."""
    results = kept_results(known)
    if PAGE.read_text(encoding="utf-8") != page(results):
        raise SystemExit("docs/switch-off.md is not what .ci/switch-off.results.json says: .ci/switch_off.py --page-only writes it")
    still = [name for name, found in results.items() if not found["moved"]]
    missing = [e["mechanism"] for e in known if "exempt" not in e and e["mechanism"] not in results]
    print(f"{len(results)} measured; did not move: {', '.join(still) or 'none'}; not measured: {', '.join(missing) or 'none'}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bazaar", help="the program")
    parser.add_argument("--scenario")
    parser.add_argument("--shoppers", type=int, default=20_000)
    parser.add_argument("--replications", type=int, default=12, help="at most so many, in steps of 4")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, each on one thread")
    parser.add_argument("--seed", type=int, help="of the first replication, the next has the next; default: the scenario's")
    parser.add_argument("--cells", help="a folder that keeps finished runs for the next call")
    parser.add_argument("--all-kpis", type=int, default=0, metavar="N", help="also print the N KPIs that move most, and write nothing")
    parser.add_argument("--page-only", action="store_true", help="write the page from the results that are there")
    parser.add_argument("--check", action="store_true", help="compare the page with the results that are there")
    parser.add_argument("mechanisms", nargs="*")
    args = parser.parse_args()
    if args.replications < 2:
        parser.error("a standard error needs two replications or more")
    if not (args.page_only or args.check) and not (args.bazaar and args.scenario):
        parser.error("--bazaar and --scenario are needed to measure")
    unknown = set(args.mechanisms) - {entry["mechanism"] for entry in entries()}
    if unknown:
        parser.error(f"no such mechanism: {', '.join(sorted(unknown))}")
    return args


def main():
    args, known = arguments(), entries()
    if args.check:
        return check(known)
    results, still = kept_results(known), set()
    wanted = [e for e in known if "exempt" not in e and (not args.mechanisms or e["mechanism"] in args.mechanisms)]

    def tell(entry, found, pairs):
        name = entry["mechanism"]
        (still.discard if found["moved"] else still.add)(name)
        own = f"; {found['own']['kpi']} z {z(found['own'])}" if "own" in found else ""
        print(f"{name}: {found['kpi']} {relative(found)}, z {z(found)} of {found['replications']}{own}", flush=True)
        for other in moves_most(pairs, args.all_kpis):
            print(f"    {other['kpi']} {other['platform']} {relative(other)}, z {z(other)}", flush=True)
        if not args.all_kpis:
            results[name] = found
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")

    if not args.page_only:
        with tempfile.TemporaryDirectory() as folder:
            measure(Cells(args, args.cells or folder), wanted, args.replications, tell)
    if not args.all_kpis:
        PAGE.write_text(page(results), encoding="utf-8")
    if still:
        print(f"did not move their KPI: {', '.join(sorted(still))}")
        sys.exit(3)


if __name__ == "__main__":
    main()
