#!/bin/bash
# The mariadb command line client (the C library): the usual life of a person at a terminal.
set -eu
host=$1 port=$2 user=$3 password=$4
file=$(mktemp)
trap 'rm -f "$file"' EXIT

client() { MYSQL_PWD=$password mariadb --no-defaults -h"$host" -P"$port" -u"$user" -N -B test "$@"; }

# shows TEXT COMMAND...: the command's output, errors included, contains TEXT.
shows() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) || true
  case $output in *"$text"*) ;; *) echo "expected '$text', got: $output" >&2; exit 1 ;; esac
}

client -e "DROP TABLE IF EXISTS driver_client; CREATE TABLE driver_client (a INT PRIMARY KEY, b TINYINT);
           INSERT INTO driver_client VALUES (1, 1), (2, 2)"
shows 3 client -e 'BEGIN; SELECT SUM(b) FROM driver_client; COMMIT'
shows 'ERROR 1146 (42S02)' client -e 'SELECT * FROM no_such_table'
shows 'Code 1264' client -v --show-warnings -e "SET sql_mode = ''; UPDATE driver_client SET b = 1000 WHERE a = 1"
printf '3\t3\n4\t4\n' >"$file"
client --local-infile -e "LOAD DATA LOCAL INFILE '$file' INTO TABLE driver_client"
shows 4 client -e 'BEGIN; SELECT COUNT(*) FROM driver_client; COMMIT'
shows 'Uptime' client -e 'STATUS'
client -e 'DROP TABLE driver_client'
password=wrong
shows 'ERROR 1045 (28000)' client -e 'SELECT 1'
echo ok
