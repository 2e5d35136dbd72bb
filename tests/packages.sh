# shellcheck shell=bash disable=SC2034
# What the project needs of Debian 12, in one place. Sourced by demo.sh and test.sh.

# To build Weir.
build_packages=(g++ cmake ninja-build pkg-config ccache libuv1-dev libpcre2-dev libsqlite3-dev libssl-dev libfmt-dev
  libconfig-dev zlib1g-dev libzstd-dev libsodium-dev)

# To run real servers: the bare programs, without a system service. libmariadb3 holds the client's password plugins.
server_packages=(mariadb-server-core mariadb-client-core libmariadb3 python3)

# To test. The drivers' languages may be there from elsewhere: see commands_from.
test_packages=(catch2 clang-19 libclang-rt-19-dev sysbench git pyflakes3 python3-pymysql python3-cryptography golang-go
  golang-github-go-sql-driver-mysql-dev default-jdk-headless libmariadb-java php-cli php-mysql iproute2
  python3-sqlalchemy python3-django python3-mysqldb php-doctrine-dbal mydumper mariadb-client galera-4 valgrind)

# To measure: see bench/run.sh.
bench_packages=(python3 valgrind strace haproxy openssl sysbench)

# Commands that any package may provide, and Debian's package for a machine that has none.
declare -A commands_from=([node]=nodejs [npm]=npm)

# Runs a command as root.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_missing PACKAGE...: installs those that are not there, quietly; says what it does. Fails if it cannot.
install_missing() {
  local missing=() package
  for package in "$@"; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
      'install ok installed') ;;
      *) missing+=("$package") ;;
    esac
  done
  [ ${#missing[@]} = 0 ] && return 0
  echo "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >/dev/null &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
}

# packages_for_commands NAME...: the packages of those commands that the machine lacks.
packages_for_commands() {
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || echo "${commands_from[$command]}"
  done
}
