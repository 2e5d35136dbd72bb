"""Programs that use frameworks as applications do: what they need, and how they are started.

Each takes host, port, user, password and database, runs a migration and twelve sessions at a time, and ends with `ok`.
"""

import pathlib
import shutil
import subprocess

from cluster.cache import built_once, cache_root
from drivers.programs import MYSQL2_VERSION, Missing, need

HERE = pathlib.Path(__file__).resolve().parent
NODE_PACKAGES = (f"mysql2@{MYSQL2_VERSION}", "knex@3.3.0", "sequelize@6.37.8", "typeorm@1.1.1", "reflect-metadata@0.2.2")
DOCTRINE = pathlib.Path("/usr/share/php/Doctrine/DBAL/autoload.php")


def python(program, *modules):
    asked = "; ".join(f"import {module}" for module in modules)
    have = subprocess.run(["/usr/bin/python3", "-c", asked], capture_output=True).returncode == 0
    need(have, f"not all of {', '.join(modules)} (Debian packages python3-...)")
    return ["/usr/bin/python3", "-B", HERE / program], {}


def node(program):
    need(shutil.which("node") and shutil.which("npm"), "no node or npm (Debian packages nodejs, npm)")

    def install(cache):
        done = subprocess.run(["npm", "install", "--prefix", cache, "--no-audit", "--no-fund", "--ignore-scripts",
                               *NODE_PACKAGES], capture_output=True, text=True, timeout=300)
        need(done.returncode == 0, f"npm install failed: {done.stderr.strip()[-300:]}")

    name = "node-" + "-".join(package.replace("@", "-") for package in NODE_PACKAGES[:4])
    modules = built_once(cache_root() / name, install) / "node_modules"
    return ["node", HERE / program], {"NODE_PATH": str(modules)}


def doctrine():
    need(shutil.which("php") and DOCTRINE.exists(), "no PHP or Doctrine (Debian packages php-cli, php-mysql, php-doctrine-dbal)")
    return ["php", HERE / "doctrine_app.php"], {}


FRAMEWORKS = {
    "sqlalchemy": lambda: python("sqlalchemy_app.py", "sqlalchemy", "pymysql", "MySQLdb"),
    "django": lambda: python("django_app.py", "django", "MySQLdb"),
    "knex": lambda: node("knex_app.js"),
    "sequelize": lambda: node("sequelize_app.js"),
    "typeorm": lambda: node("typeorm_app.js"),
    "doctrine": doctrine,
}

__all__ = ["FRAMEWORKS", "Missing"]
