#!/usr/bin/env bash
# Installs what is missing (Debian 12), builds, and runs all tests. The last line is the sum:
# N passed, N failed, N skipped.
#
#   ./test.sh [--only PART[,PART...]] [--engine mariadb|mysql] [--quick] [--long] [--jobs N] [--weir-preset NAME]
#
# Parts: arch, unit (AddressSanitizer), thread (ThreadSanitizer), fuzz, bench (instructions per query), integration, drivers.
# --quick: neither thread nor bench, five seconds per fuzz entry, one engine, unless others are named.
# --long: sysbench and memory runs of 60 s each.
# --weir-preset asan|tsan: integration and drivers with that build of Weir instead of the release build.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
source tests/packages.sh

parts='' engines=() quick='' jobs=$(nproc) weir_preset=release fuzz_seconds=30 long=()

usage_error() { echo "test.sh: $1; try --help" >&2; exit 2; }

while [ $# -gt 0 ]; do
  case $1 in
    --only) parts=${2:-}; [ -n "$parts" ] || usage_error "--only needs parts"; shift ;;
    --engine) engines=("${2:-}"); shift ;;
    --jobs) jobs=${2:-}; shift ;;
    --weir-preset) weir_preset=${2:-}; shift ;;
    --quick) quick=yes fuzz_seconds=5 ;;
    --long) long=(--long) ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
if [ -n "$quick" ]; then
  : "${parts:=arch,unit,fuzz,integration,drivers}"
  [ ${#engines[@]} != 0 ] || engines=(mariadb)
fi
: "${parts:=arch,unit,thread,fuzz,bench,integration,drivers}"
[ ${#engines[@]} != 0 ] || engines=(mariadb mysql)
for part in ${parts//,/ }; do
  case $part in arch | unit | thread | fuzz | bench | integration | drivers) ;; *) usage_error "no part $part" ;; esac
done
for engine in "${engines[@]}"; do
  case $engine in mariadb | mysql) ;; *) usage_error "no engine $engine" ;; esac
done

logs=build/test-logs
rm -rf $logs
mkdir -p $logs
passed=0 failed=0 skipped=0 failures=()

# --- counting ----------------------------------------------------------------------------------------------------

# counts_in LOG: passed, failed and skipped tests, from the closing lines of our own runners, of Catch2 under `ctest -V`,
# and, for tests of CTest that print neither, of CTest.
counts_in() {
  awk '
    /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { passed += $1; failed += $3; skipped += $5; next }
    /^[0-9]+: / && match($0, /All tests passed \(.* in [0-9]+ test case/) {
      count = substr($0, RSTART, RLENGTH); sub(/.* in /, "", count); passed += count + 0; counted[$1] = 1; next }
    /^[0-9]+: test cases: +[0-9]+ \|/ {
      line = $0; counted[$1] = 1
      if (match(line, /[0-9]+ passed/)) passed += substr(line, RSTART, RLENGTH) + 0
      if (match(line, /[0-9]+ failed/)) failed += substr(line, RSTART, RLENGTH) + 0
      next }
    /Test +#[0-9]+:.*(Passed|Failed|\*\*\*)/ {
      number = $0; sub(/.*Test +#/, "", number); sub(/:.*/, ":", number)
      if (/Passed/) { if (!(number in counted)) passed++ }
      else if (/\*\*\*(Skipped|Not Run)/) skipped++
      else if (!(number in counted)) failed++ }
    END { print passed + 0, failed + 0, skipped + 0 }' "$1"
}

# failures_in LOG: the lines that say what failed, for a person to read.
failures_in() {
  if grep -q '^FAIL' "$1"; then
    awk '/^FAIL/ { shown = 1 } /^(ok|skip) / { shown = 0 } shown' "$1" | head -n 200
  elif grep -q '^[0-9]*: .*FAILED:' "$1"; then  # Catch2 under CTest
    grep -E -A 8 '^[0-9]+: .*FAILED:' "$1" | head -n 120
    grep -F '***' "$1" | head -n 20
  elif grep -q 'libFuzzer' "$1"; then
    grep -A 20 'tests FAILED' "$1"
    grep -E -A 40 '^claim failed:|ERROR: (libFuzzer|AddressSanitizer|LeakSanitizer)|runtime error:' "$1" | cut -c-160 | head -n 80
    grep -E 'Test unit written to|^Base64:' "$1"
  else
    tail -n 60 "$1"
  fi
}

# names_in LOG: what failed, a line each: tests of our own runners, places in sources of Catch2, tests of CTest.
names_in() {
  sed -n -E -e 's/^FAIL +//p' -e 's/^[0-9]+: (.*): FAILED:.*/\1/p' -e 's/^[[:space:]]+[0-9]+ - (.*)/\1/p' "$1" | cut -c-160 |
    awk '!seen[$0]++' | head -n 20
}

# account NAME STATUS SECONDS: adds up the log of a step and prints a line about it.
account() {
  local name=$1 status=$2 log=$logs/$1.log p f s
  read -r p f s < <(counts_in "$log")
  if [ "$status" != 0 ] && [ "$f" = 0 ]; then f=1; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-22s %5d passed %4d failed %4d skipped %6d s\n' "$name" "$p" "$f" "$s" "$3"
  if [ "$f" != 0 ]; then
    failures_in "$log" | sed 's/^/    /'
    local known=${#failures[@]}
    mapfile -t -O "$known" failures < <(names_in "$log" | sed "s|^$PWD/||; s/^/$name: /")
    [ ${#failures[@]} != "$known" ] || failures+=("$name: see $log")
  fi
  sed -n -e 's/^skip /    skipped: /p' -e 's/^note /    /p' "$log"
}

# step NAME COMMAND...: runs a command with its output in a log, and accounts for it.
step() {
  local name=$1 started=$SECONDS
  shift
  "$@" >"$logs/$name.log" 2>&1
  account "$name" $? $((SECONDS - started))
}

# begin NAME COMMAND...: the same, beside what follows; end NAME waits for it.
declare -A begun
begin() {
  local name=$1 started=$SECONDS
  shift
  { "$@" >"$logs/$name.log" 2>&1; echo "$? $((SECONDS - started))" >"$logs/$name.status"; } &
  begun[$name]=$!
}
end() {
  local name=$1 status seconds
  [ -n "${begun[$name]:-}" ] || return 0
  wait "${begun[$name]}"
  read -r status seconds <"$logs/$name.status"
  account "$name" "$status" "$seconds"
}

# build PRESET TARGET...: 0 if it was built. A failed build is one failed test. With precompiled headers, in any preset: a
# missing #include shows in the builds of developers and users.
build() {
  local preset=$1 started=$SECONDS log=$logs/build-$1.log
  shift
  if cmake --preset "$preset" -D WEIR_FUZZ_SECONDS=$fuzz_seconds -D WEIR_PRECOMPILE=ON >"$log" 2>&1 &&
    ninja -C "build/$preset" -j "$jobs" "$@" >>"$log" 2>&1; then
    printf 'built %-16s %54d s\n' "$preset" $((SECONDS - started))
  else
    failed=$((failed + 1))
    failures+=("build of $preset")
    printf 'FAILED to build %s:\n' "$preset"
    grep -E -A6 ' error: |^FAILED|CMake Error' "$log" | head -n 60 | sed 's/^/    /'
    return 1
  fi
}

wants() { case ,$parts, in *,"$1",*) return 0 ;; *) return 1 ;; esac; }

# --- parts -------------------------------------------------------------------------------------------------------

run_unit() { build asan all && begin unit-asan ctest --preset asan -V -L 'unit|component' -j "$jobs"; }

# Unit tests without threads learn nothing from ThreadSanitizer: the component tests and those of proxy/ do.
run_thread() {
  local targets
  cmake --preset tsan >"$logs/configure-tsan.log" 2>&1
  targets=$(ninja -C build/tsan -t targets all 2>/dev/null | sed -n 's/^\(unit_proxy\|component\): phony$/\1/p')
  if [ -z "$targets" ]; then
    echo "thread: no component tests in this tree"
    return
  fi
  # shellcheck disable=SC2086  # one word per target
  build tsan $targets && begin thread-tsan ctest --preset tsan -V -R '^(unit_proxy|component)$' -j "$jobs"
}

run_fuzz() { build asan fuzz_entries && begin fuzz fuzz_each; }

# Each begins with the seeds alone, as in a fresh clone.
fuzz_each() {
  local status tested=build/asan/Testing/Temporary/LastTest.log
  rm -f "$tested"
  find build/asan/tests/fuzz/found -type f -delete
  # Where the kernel groups processes by session (sched(7), autogroup) each server and each Weir is a group, and nice counts
  # within one only: so the fuzzers are a group of their own, and that is nice, too.
  setsid --wait setpriv --pdeathsig TERM sh -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19 "$@"' fuzz \
    ctest --preset asan -L fuzz -j "$jobs" --output-on-failure
  status=$?
  awk '
    / Testing: fuzz_/ { entry = substr($NF, 6) }
    /^stat::number_of_executed_units:/ { count[++entries] = $2 " " entry; sum += $2 }
    END { for (i = 1; i <= entries; i++) print "executed " count[i]
          printf "note %.0f inputs executed, by %d fuzzers of '$fuzz_seconds' s each\n", sum, entries }
  ' "$tested"
  return $status
}

# Both engines at a time: most of a test's time is spent waiting, which is the fuzzers' time.
run_on_servers() {
  local weir=build/$weir_preset/weir engine started=$SECONDS runs=()
  if wants integration; then
    for engine in "${engines[@]}"; do
      tests/integration/run --engine "$engine" --weir "$weir" "${long[@]}" >"$logs/integration-$engine.log" 2>&1 &
      runs+=($!)
    done
    for engine in "${engines[@]}"; do
      wait "${runs[0]}"
      account "integration-$engine" $? $((SECONDS - started))
      runs=("${runs[@]:1}")
    done
  fi
  if wants drivers; then
    for engine in "${engines[@]}"; do step "drivers-$engine" tests/drivers/run --engine "$engine" --weir "$weir"; done
  fi
}

# Whether a query takes more instructions than bench/baseline.json says, which holds of release builds.
run_bench() { build release weir weir_load weir_null_server bench_micro && step bench bench/run.py --gate --quick; }

# --- all of it ---------------------------------------------------------------------------------------------------

needed=("${build_packages[@]}" "${server_packages[@]}" "${test_packages[@]}")
mapfile -t -O ${#needed[@]} needed < <(packages_for_commands node npm)
install_missing "${needed[@]}" || echo "test.sh: not everything could be installed; going on with what is here"

if wants arch; then step arch tests/arch/check; fi
if wants unit; then run_unit; fi
if wants thread; then run_thread; fi
servers=
if wants integration || wants drivers; then build "$weir_preset" weir && servers=built; fi
end unit-asan
end thread-tsan  # while a build is linked, a processor is free
if wants bench; then run_bench; fi
if wants fuzz; then run_fuzz; fi
if [ -n "$servers" ]; then run_on_servers; fi
end fuzz

for failure in "${failures[@]}"; do echo "failed: $failure"; done
echo "took $((SECONDS / 60)) min $((SECONDS % 60)) s; logs in $logs"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed != 0 ]
