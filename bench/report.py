"""Figures as tables for people."""

import statistics


def spread(values, digits=1):
    """"median (lowest-highest)"."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in [head, *rows]:
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def call_table(calls):
    """{subject: {clients: {call: per query}}}"""
    rows = []
    for subject, by_clients in calls.items():
        for clients, by_name in by_clients.items():
            names = ", ".join(f"{name} {count:.2f}" for name, count in
                              sorted(by_name.items(), key=lambda item: -item[1]) if count >= 0.005)
            rows.append((subject, clients, f"{sum(by_name.values()):.2f}", names))
    return "System calls per query\n" + table(("subject", "clients", "calls", "by name"), rows)


def instruction_table(figures):
    """{case: {"instructions": n, "allocations": n}}"""
    rows = [(case, f"{found['instructions']:.0f}", f"{found['allocations']:.3f}") for case, found in figures.items()]
    return "User-space instructions and allocations per query\n" + table(("case", "instructions", "allocations"), rows)


def speed_table(speeds):
    """{subject: {clients: [figures of each run]}}"""
    rows = []
    for subject, by_clients in speeds.items():
        for clients, runs in by_clients.items():
            def of(key, digits=1, runs=runs):
                return spread([run[key] for run in runs], digits)
            rows.append((subject, clients, of("qps", 0), of("cpu_us"), of("user_us"), of("system_us"), of("p50_us", 0),
                         of("p99_us", 0), max(run["rss_kb"] for run in runs)))
    return "Speed: medians (lowest-highest)\n" + table(
        ("subject", "clients", "queries/s", "cpu us/query", "user", "system", "p50 us", "p99 us", "rss kB"), rows)


def micro_table(cases):
    rows = [(case, f"{figures['ns']:.0f}", f"{figures['instructions']:.0f}", f"{figures['allocations']:.2f}",
             f"{figures['mb_per_s']:.0f}" if "mb_per_s" in figures else "-") for case, figures in cases.items()]
    return "Parts of a query\n" + table(("part", "ns", "instructions", "allocations", "MB/s"), rows)
