#!/usr/bin/env bash
# Simulates a fleet and compares what FabricWatch's rules say of it with the rules of other tools:
# false alarms, missed faults, delays, accusations (docs/fleet-simulation.md).
#
# Nothing of it needs hardware, and nothing but the compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
usage: Benchmarks/fleet.sh [--nodes N] [--days D] [--seed S] [...]
  1,000 nodes and 30 days without arguments; --help shows the others
TEXT
}

[[ ${1:-} != -h ]] || { usage; exit; }
swift build --configuration release --package-path Benchmarks/Fleet >&2
bench=$(swift build --configuration release --package-path Benchmarks/Fleet --show-bin-path)
exec "$bench/fleet-bench" "$@"
