"""Whether results depend on how many shoppers are simulated.

    .ci/scale.py --bazaar PROGRAM --scenario FILE --platform NAME SHOPPERS:REPLICATIONS SHOPPERS:REPLICATIONS

Runs the scenario at two sizes and compares the platform's profit, GMV and strategy spend per shopper in each arm. Replications of
different sizes share nothing, so the standard error of a difference is that of two independent means. Exits with 3 if one
differs by more than three standard errors.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

KPIS = ("platform_profit", "gmv", "strategy_spend")
STANDARD_ERRORS = 3.0


def run(args, shoppers, replications, out):
    command = [args.bazaar, "run", args.scenario, "--out", str(out), "--quiet", "--set", "outputs.sample=0"]
    command += ["--shoppers", str(shoppers), "--replications", str(replications)]
    for arm in args.arm:
        command += ["--arm", arm]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


def mean_and_variance(manifest, arm, platform, kpi):
    """Of a KPI per shopper: the mean over replications and the variance of that mean."""
    shoppers = manifest["run"]["shoppers"]
    values = [cell["platforms"][platform][kpi] / shoppers for cell in manifest["kpis"] if cell["arm"] == arm]
    n = len(values)
    mean = sum(values) / n
    return mean, sum((value - mean) ** 2 for value in values) / (n - 1) / n


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bazaar", required=True)
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--arm", action="append", default=None)
    parser.add_argument("sizes", nargs=2, help="SHOPPERS:REPLICATIONS, two replications or more")
    args = parser.parse_args()
    args.arm = args.arm or ["baseline", "price-war"]
    sizes = [tuple(int(part) for part in size.split(":")) for size in args.sizes]
    apart = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        manifests = [run(args, *size, folder / str(size[0])) for size in sizes]
    for arm in args.arm:
        for kpi in KPIS:
            (one, error_one), (other, error_other) = (mean_and_variance(m, arm, args.platform, kpi) for m in manifests)
            error = math.sqrt(error_one + error_other)
            z = (one - other) / error if error else math.copysign(math.inf, one - other) if one != other else 0.0
            line = f"{arm}: {kpi} per shopper {one:.2f} at {sizes[0][0]:,}, {other:.2f} at {sizes[1][0]:,}: z {z:.1f}"
            print(line, flush=True)
            if abs(z) > STANDARD_ERRORS:
                apart.append(line)
    if apart:
        print("depends on the number of shoppers:\n  " + "\n  ".join(apart))
        sys.exit(3)


if __name__ == "__main__":
    main()
