"""Plots without a library: for each point of a scenario the processor time of every subject (in the kernel, and its own), and
beside it the latencies."""

import html
import statistics

COLOURS = ("#8c8c8c", "#e08a1e", "#7b5ea7", "#1f6fb2", "#2a9d5c", "#b23a48", "#5b8c85")
HEIGHT, PANEL, LEFT, TOP, GAP = 240, 420, 60, 56, 80


def text(x, y, words, size=11, anchor="middle", colour="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
            f"{html.escape(str(words))}</text>")


def rectangle(x, y, width, height, colour, opacity=1.0):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(height, 0):.1f}" fill="{colour}" '
            f'fill-opacity="{opacity}"/>')


def line(x1, y1, x2, y2, colour="#ccc"):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def of(runs, key):
    return statistics.median(run[key] for run in runs)


def steps(highest):
    """Round numbers up to the highest, four or five of them."""
    step = 10.0 ** -9
    while highest / step > 5:
        for factor in (2, 2.5, 2):
            step *= factor
            if highest / step <= 5:
                break
    return [step * n for n in range(int(highest / step) + 1)]


def axis(left, highest, unit):
    parts = [text(left, TOP - 10, unit, anchor="start")]
    for value in steps(highest):
        y = TOP + HEIGHT * (1 - value / highest)
        parts += [line(left, y, left + PANEL, y), text(left - 6, y + 4, f"{value:.4g}", anchor="end")]
    return parts


def bars(left, labels, columns, unit):
    """columns: [(colour, {label: (height, of which the part shown darker)})], beside each other at every label."""
    highest = max(value for _, by_label in columns for value, _ in by_label.values()) * 1.08 or 1
    parts = axis(left, highest, unit)
    room = PANEL / len(labels)
    width = room * 0.8 / len(columns)
    for place, label in enumerate(labels):
        begin = left + room * (place + 0.1)
        parts.append(text(begin + room * 0.4, TOP + HEIGHT + 18, label))
        for number, (colour, by_label) in enumerate(columns):
            whole, dark = (HEIGHT * value / highest for value in by_label[label])
            x = begin + width * number
            parts.append(rectangle(x, TOP + HEIGHT - whole, width * 0.92, whole, colour, 0.55))
            parts.append(rectangle(x, TOP + HEIGHT - dark, width * 0.92, dark, colour))
    return parts


def scenario(described, speed):
    """SVG of one scenario: {subject: {point: [figures of each round]}}."""
    labels = [point.label for point in described.points]
    colours = dict(zip(speed, COLOURS * (1 + len(speed) // len(COLOURS))))
    cpu = [(colours[name], {label: (of(runs, "cpu_us"), of(runs, "user_us")) for label, runs in points.items()})
           for name, points in speed.items()]
    latency = [(colours[name], {label: (of(runs, "p99_us") / 1000, of(runs, "p50_us") / 1000) for label, runs in points.items()})
               for name, points in speed.items()]
    second = LEFT + PANEL + GAP
    parts = [text(LEFT, 20, described.title, 14, "start")]
    parts += bars(LEFT, labels, cpu, f"processor µs per {described.unit}; darker: outside of the kernel")
    parts += bars(second, labels, latency, "latency in ms: 99 of 100; darker: the middle one")
    x = LEFT
    for name in speed:
        parts += [rectangle(x, TOP + HEIGHT + 34, 11, 11, colours[name]), text(x + 16, TOP + HEIGHT + 44, name, anchor="start")]
        x += 36 + 7 * len(name)
    width, height = second + PANEL + 20, TOP + HEIGHT + 60
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">'
            f'<rect width="{width}" height="{height}" fill="white"/>' + "\n".join(parts) + "</svg>\n")
