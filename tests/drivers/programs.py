"""Programs that use other people's drivers: those of this folder on port 6033, those of admin/ on the admin port."""

import os
import pathlib
import shutil
import subprocess

from cluster.cache import built_once, cache_root

APPLICATION = pathlib.Path(__file__).resolve().parent
ADMIN = APPLICATION / "admin"
TIMEOUT_S = 120
MYSQL2_VERSION = "3.24.5"
GO_SOURCES = pathlib.Path("/usr/share/gocode")
JDBC_JAR = pathlib.Path("/usr/share/java/mariadb-java-client.jar")


class Missing(Exception):
    """The driver is not on this machine; the text says what would bring it."""


def need(condition, reason):
    if not condition:
        raise Missing(reason)


def client(folder):
    need(shutil.which("mariadb"), "no mariadb client (Debian package mariadb-client)")
    return ["bash", folder / "client_driver.sh"], {}


def pymysql(folder):
    have = subprocess.run(["/usr/bin/python3", "-c", "import pymysql"], capture_output=True).returncode == 0
    need(have, "no PyMySQL (Debian package python3-pymysql)")
    return ["/usr/bin/python3", folder / "pymysql_driver.py"], {}


def node(folder):
    need(shutil.which("node") and shutil.which("npm"), "no node or npm (Debian packages nodejs, npm)")

    def install(cache):
        done = subprocess.run(["npm", "install", "--prefix", cache, "--no-audit", "--no-fund", "--ignore-scripts",
                               f"mysql2@{MYSQL2_VERSION}"], capture_output=True, text=True, timeout=300)
        need(done.returncode == 0, f"npm install mysql2 failed: {done.stderr.strip()[-300:]}")

    modules = built_once(cache_root() / f"node-mysql2-{MYSQL2_VERSION}", install) / "node_modules"
    return ["node", folder / "mysql2_driver.js"], {"NODE_PATH": str(modules)}


def go(folder):
    need(shutil.which("go"), "no go (Debian package golang-go)")
    need((GO_SOURCES / "src/github.com/go-sql-driver/mysql").exists(),
         "no Go driver (Debian package golang-github-go-sql-driver-mysql-dev)")
    program = cache_root() / f"go-{folder.name}"
    built = subprocess.run(["go", "build", "-o", program, folder / "go" / "main.go"], capture_output=True, text=True,
                           env={**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_SOURCES), "GOFLAGS": ""})
    if built.returncode:
        raise RuntimeError(built.stderr)
    return [program], {}


def jdbc(folder):
    need(shutil.which("java") and shutil.which("javac"), "no java (Debian package default-jdk-headless)")
    need(JDBC_JAR.exists(), "no JDBC driver (Debian package libmariadb-java)")
    return ["java", "-cp", JDBC_JAR, folder / "JdbcDriver.java"], {}


def php(folder):
    need(shutil.which("php"), "no php (Debian packages php-cli, php-mysql)")
    modules = subprocess.run(["php", "-m"], capture_output=True, text=True).stdout.split()
    need("mysqli" in modules and "pdo_mysql" in modules, "no mysqli or PDO (Debian package php-mysql)")
    return ["php", folder / "php_driver.php"], {}


DRIVERS = {"client": client, "pymysql": pymysql, "node": node, "go": go, "jdbc": jdbc, "php": php}


def run_one(name, folder, host, port, user, password):
    """'ok', 'skip' or 'FAIL', and a text."""
    try:
        command, environment = DRIVERS[name](folder)
    except Missing as reason:
        return "skip", str(reason)
    try:
        done = subprocess.run([*map(str, command), host, str(port), user, password], capture_output=True, text=True,
                              timeout=TIMEOUT_S, env={**os.environ, **environment})
    except subprocess.TimeoutExpired:
        return "FAIL", f"no end within {TIMEOUT_S} s"
    good = done.returncode == 0 and done.stdout.strip().endswith("ok")
    return ("ok", "") if good else ("FAIL", (done.stdout + done.stderr).strip()[-1500:] or f"status {done.returncode}")
