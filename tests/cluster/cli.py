"""The command line of the cluster tool."""

import argparse
import ctypes
import json
import os
import signal
import sys

from .engines import ENGINES, Unavailable, engine_named
from .topology import Cluster

EXIT_UNAVAILABLE = 77  # what test drivers take for "skipped"


def _parser():
    parser = argparse.ArgumentParser(prog="cluster", description="Replicated MariaDB and MySQL clusters on loopback.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in (("start", "start a cluster, print it as JSON, leave it running"),
                       ("run", "start a cluster, print it as JSON, stop it on SIGTERM or with the parent process")):
        start = verbs.add_parser(verb, help=text)
        start.add_argument("--engine", choices=sorted(ENGINES), default="mariadb")
        start.add_argument("--replicas", type=int, default=None, metavar="N", help="default 2")
        start.add_argument("--co-primary", action="store_true", help="two primaries that follow each other")
        start.add_argument("--performance-schema", action="store_true")
        start.add_argument("--option", action="append", default=[], metavar="--NAME=VALUE", help="for every server")
        start.add_argument("--dir", required=True, help="new directory for data, logs and sockets")
    for verb, text in (("stop", "kill the servers and remove the directory"), ("status", "print it as JSON"),
                       ("wait", "until all replicas have caught up"), ("repair", "restart what is down, catch up")):
        verbs.add_parser(verb, help=text).add_argument("--dir", required=True)
    for verb, text in (("kill", "kill -9 one server"), ("pause", "SIGSTOP one server"), ("resume", "SIGCONT it"),
                       ("restart", "start a killed server again"), ("shutdown", "stop one server in an orderly way")):
        one = verbs.add_parser(verb, help=text)
        one.add_argument("--dir", required=True)
        one.add_argument("--node", required=True, metavar="NAME", help="primary, coprimary, replica1, replica2 ...")
    fetch = verbs.add_parser("fetch", help="make the engine ready to start quickly; exit 77 if it cannot be had")
    fetch.add_argument("--engine", choices=sorted(ENGINES), required=True)
    return parser


def _new_cluster(options, tied):
    replicas = options.replicas if options.replicas is not None else 0 if options.co_primary else 2
    return Cluster(options.engine, replicas, options.dir, options.co_primary, options.performance_schema,
                   options.option, tied)


def _die_with_parent():
    """SIGTERM to us when our parent ends, so that the servers do not outlive it."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)


def _run(options):
    _die_with_parent()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our parent, which then ends us
    with _new_cluster(options, tied=True) as cluster:
        print(json.dumps(cluster.to_json()), flush=True)
        while True:
            signal.pause()


def _status(cluster):
    shown = cluster.to_json()
    for row in [shown["primary"], *shown["replicas"], *([shown["coprimary"]] if cluster.co_primary else [])]:
        node = cluster.node(row["name"])
        row["state"] = "answers" if node.answers() else "running" if node.running() else "down"
    return shown


def _on_node(options, cluster):
    node = cluster.node(options.node)
    {"kill": node.kill, "pause": node.pause, "resume": node.resume, "restart": node.restart,
     "shutdown": node.stop}[options.verb]()
    cluster.save()


def _act(options):
    if options.verb == "fetch":
        engine = engine_named(options.engine)
        engine.template()
        print(f"{engine.name} {engine.version}")
    elif options.verb == "start":
        print(json.dumps(_new_cluster(options, tied=False).start().to_json()))
    elif options.verb == "run":
        _run(options)
    else:
        cluster = Cluster.load(options.dir)
        if options.verb == "stop":
            cluster.stop()
        elif options.verb == "status":
            print(json.dumps(_status(cluster)))
        elif options.verb == "wait":
            cluster.wait_for_replication()
        elif options.verb == "repair":
            cluster.repair()
            cluster.save()
        else:
            _on_node(options, cluster)


def main(arguments):
    options = _parser().parse_args(arguments)
    try:
        _act(options)
    except Unavailable as reason:
        print(f"SKIPPED: {reason}", file=sys.stderr)
        return EXIT_UNAVAILABLE
    except (RuntimeError, ValueError, OSError) as error:
        print(f"cluster {options.verb}: {error}", file=sys.stderr)
        return 1
    return 0
