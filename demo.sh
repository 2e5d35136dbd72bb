#!/usr/bin/env bash
# Shows Weir at work: a primary with two replicas, Weir before them, and where reads and writes went.
#
#   ./demo.sh [--engine mariadb|mysql] [--once]
#
# Installs what is missing (Debian 12), builds, and stays until Ctrl-C; with --once it ends after the tour.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source tests/packages.sh

engine=mariadb once=no
while [ $# -gt 0 ]; do
  case $1 in
    --engine) engine=${2:-}; shift ;;
    --once) once=yes ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "demo.sh: unknown option $1; try --help" >&2; exit 2 ;;
  esac
  shift
done
case $engine in mariadb | mysql) ;; *) echo "demo.sh: --engine is mariadb or mysql" >&2; exit 2 ;; esac

work=$(mktemp -d /tmp/weir-demo-XXXXXX)
cluster_pid='' weir_pid='' bold='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi

say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }

clean_up() {
  trap - EXIT INT TERM
  for pid in $weir_pid $cluster_pid; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# until_true SECONDS COMMAND...: polls until the command succeeds.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" 2>/dev/null; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.05
  done
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# show_and_fail TEXT FILE: what went wrong, with the end of a log.
show_and_fail() {
  echo "demo.sh: $1" >&2
  tail -n 20 "$2" >&2
  exit 1
}

# --- install, build, start ---------------------------------------------------------------------------------------

install_missing "${build_packages[@]}" "${server_packages[@]}"

say "Building Weir (the first time takes a few minutes) ..."
build() { cmake --preset release && ninja -C build/release weir; }
build >"$work/build.log" 2>&1 || show_and_fail "the build failed" "$work/build.log"

say "Starting a $engine primary and two replicas ..."
tests/cluster/cluster run --engine "$engine" --performance-schema --dir "$work/cluster" >"$work/cluster.json" 2>"$work/cluster.log" &
cluster_pid=$!
cluster_settled() { [ -s "$work/cluster.json" ] || ! kill -0 $cluster_pid; }
until_true 600 cluster_settled || true
[ -s "$work/cluster.json" ] || show_and_fail "the servers did not start" "$work/cluster.log"
read -r writer reader1 reader2 < <(/usr/bin/python3 -c '
import json, sys
cluster = json.load(open(sys.argv[1]))
print(cluster["primary"]["port"], *(replica["port"] for replica in cluster["replicas"]))' "$work/cluster.json")

# free_port PORT: it, or the next one that nobody listens on.
free_port() {
  local port=$1
  while listening "$port"; do port=$((port + 1)); done
  echo "$port"
}
port=$(free_port 6033) admin_port=$(free_port 6032)
[ "$admin_port" != "$port" ] || admin_port=$(free_port $((port + 1)))
weir=(build/release/weir --writer "127.0.0.1:$writer" --reader "127.0.0.1:$reader1" --reader "127.0.0.1:$reader2"
  --user app:app --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin_port")
say "Starting Weir on port $port, its admin port on $admin_port:"
echo "  ${weir[*]}"
setpriv --pdeathsig TERM -- "${weir[@]}" >"$work/weir.log" 2>&1 &
weir_pid=$!
until_true 20 listening $port || show_and_fail "Weir did not start" "$work/weir.log"

# --- the tour ----------------------------------------------------------------------------------------------------

through_weir() { MYSQL_PWD=app mariadb --no-defaults -h127.0.0.1 -P$port -uapp -N -B "$@"; }

# Counters of a server, in the second column. Com_insert of a replica also counts what it replicates, and Com_select what
# the monitor asks: we ask the server's books about the client's account.
by_app="FROM information_schema.USER_STATISTICS WHERE USER = 'app'"
if [ "$engine" = mariadb ]; then
  writes="SELECT 0, COALESCE(SUM(UPDATE_COMMANDS), 0) $by_app"
  selects="SELECT 0, COALESCE(SUM(SELECT_COMMANDS), 0) $by_app"
else
  by_app="FROM performance_schema.events_statements_summary_by_user_by_event_name WHERE USER = 'app'"
  writes="SELECT 0, COALESCE(SUM(COUNT_STAR), 0) $by_app AND EVENT_NAME = 'statement/sql/insert'"
  selects="SELECT 0, COALESCE(SUM(COUNT_STAR), 0) $by_app AND EVENT_NAME = 'statement/sql/select'"
fi

# count_of COUNTER: its value on the three servers, asked of the servers themselves.
count_of() {
  local node
  for node in primary replica1 replica2; do
    mariadb --no-defaults -uroot -S"$work/cluster/$node/s.sock" -N -B -e "$1" | cut -f2
  done
}

# tour_step TEXT COUNTER: runs the SQL on standard input through Weir; prints how COUNTER grew where, and leaves it in `grown`.
tour_step() {
  local before after i
  mapfile -t before < <(count_of "$2")
  through_weir test >/dev/null
  mapfile -t after < <(count_of "$2")
  for i in 0 1 2; do grown[i]=$((after[i] - before[i])); done
  printf '  %-44s %8d %9d %9d\n' "$1" "${grown[@]}"
}

wrong() { echo "demo.sh: that is not what should have happened: $1" >&2; exit 1; }

repeat() { for ((i = 0; i < $1; i++)); do echo "$2;"; done; }

# Weir opens connections to a server when it first has work for it; the counts below are of what follows.
both_replicas_read() {
  local before after
  mapfile -t before < <(count_of "$selects")
  through_weir test >/dev/null < <(repeat 20 "SELECT 1")
  mapfile -t after < <(count_of "$selects")
  ((after[1] > before[1] && after[2] > before[2]))
}
until_true 20 both_replicas_read || wrong "one of the replicas gets no reads"

grown=()
echo
say "Statements sent to Weir, and on which server they ran (the servers' own counters):"
printf '  %-44s %8s %9s %9s\n' '' primary replica1 replica2
through_weir -e "CREATE TABLE test.visits (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(40))"
tour_step '100 INSERT' "$writes" < <(repeat 100 "INSERT INTO visits (note) VALUES ('hello')")
[ "${grown[*]}" = "100 0 0" ] || wrong "a write missed the primary"
tests/cluster/cluster wait --dir "$work/cluster"
tour_step '200 SELECT' "$selects" < <(repeat 200 "SELECT note FROM visits WHERE id = 7")
[[ ${grown[0]} -le 10 && ${grown[1]} -ge 60 && ${grown[2]} -ge 60 ]] || wrong "the reads were not split"
tour_step 'BEGIN, 10 SELECT, DELETE, ROLLBACK: SELECTs' "$selects" < <(
  echo "BEGIN;"
  repeat 10 "SELECT COUNT(*) FROM visits"
  echo "DELETE FROM visits; ROLLBACK;")
[ "${grown[*]}" = "10 0 0" ] || wrong "a read left its transaction"
tour_step '5 SELECT ... FOR UPDATE' "$selects" < <(repeat 5 "SELECT id FROM visits WHERE id = 7 FOR UPDATE")
[ "${grown[*]}" = "5 0 0" ] || wrong "a locking read ran on a replica"
echo
echo "  Rows in the table, as the primary has them after the rollback: $(through_weir -e \
  'BEGIN; SELECT COUNT(*) FROM test.visits; COMMIT')"

# --- the admin port ----------------------------------------------------------------------------------------------

admin() { MYSQL_PWD=admin mariadb --no-defaults -h127.0.0.1 -P"$admin_port" -uadmin -t -e "$1"; }

# change TEXT SQL...: runs the SQL on the admin port and shows it.
change() {
  say "$1"
  shift
  local sql
  for sql in "$@"; do echo "  admin> $sql"; done
  admin "$(printf '%s; ' "$@")" | sed 's/^/  /'
}

reads() { tour_step '100 SELECT' "$selects" < <(repeat 100 "SELECT note FROM visits WHERE id = 7"); }

echo
change 'A replica is taken out while clients work:' "DELETE FROM mysql_servers WHERE port = $reader2" \
  'LOAD MYSQL SERVERS TO RUNTIME'
reads
[ "${grown[2]}" = 0 ] || wrong "a replica that was taken out got reads"
change '... and put back, with three times the share of the other:' \
  "INSERT INTO mysql_servers (hostgroup_id, hostname, port, weight) VALUES (1, '127.0.0.1', $reader2, 3)" \
  'LOAD MYSQL SERVERS TO RUNTIME'
both_replicas_again() { reads >/dev/null && [ "${grown[2]}" -gt "${grown[1]}" ]; }
until_true 20 both_replicas_again || wrong "the replica gets no reads again"
reads
echo
change 'What a rule refuses never reaches a server:' \
  "INSERT INTO mysql_query_rules (rule_id, active, match_digest, error_msg, apply) VALUES (1, 1, '^DROP', 'not here', 1)" \
  'LOAD MYSQL QUERY RULES TO RUNTIME'
refusal=$(through_weir -e 'DROP TABLE test.visits' 2>&1) && wrong "DROP was not refused"
echo "  app> DROP TABLE test.visits"
echo "  ${refusal##*$'\n'}"
echo
change 'Who did what:' \
  'SELECT hostgroup, srv_port, status, ConnUsed + ConnFree AS connections, Queries FROM stats_mysql_connection_pool' \
  'SELECT hostgroup, count_star, digest_text FROM stats_mysql_query_digest ORDER BY count_star DESC LIMIT 5'

# --- stay --------------------------------------------------------------------------------------------------------

if [ $once = yes ]; then
  say "Done."
  exit 0
fi
cat <<END

${bold}Try it from another terminal:${plain}
  mariadb -h127.0.0.1 -P$port -uapp -papp test
  mariadb -h127.0.0.1 -P$admin_port -uadmin -padmin      # the admin port: HELP; SHOW TABLES; SHOW CONFIG DIFF
  sysbench oltp_read_only --mysql-host=127.0.0.1 --mysql-port=$port --mysql-user=app --mysql-password=app \\
    --mysql-db=test --tables=1 --table-size=1000 prepare      # and again with run instead of prepare
  mariadb -uroot -S$work/cluster/replica1/s.sock -e "SHOW GLOBAL STATUS LIKE 'Com_select'"
  $PWD/tests/cluster/cluster kill --node replica1 --dir $work/cluster       # and restart

Ctrl-C ends all of it and leaves nothing behind.
END
wait $weir_pid || show_and_fail "Weir ended" "$work/weir.log"
