"""Medians, ratios, and tables of them."""
import statistics


class Series:
    """What one thing took in each round."""

    def __init__(self, name, right=None):
        self.name, self.right, self.taken = name, right, []

    def add(self, wall, cpu, peak):
        self.taken.append((wall, cpu, peak))

    def walls(self):
        return [wall for wall, _, _ in self.taken]

    def median(self, what=0):
        return statistics.median(taken[what] for taken in self.taken)

    def to(self, base):
        """The median of what each round took to what the base took in the same round."""
        return statistics.median(own / other for own, other in zip(self.walls(), base.walls()))


HEAD = ["", "median", "min to max", "user + sys", "peak memory", "to the floor", "counts"]


def rows(series, base):
    """One row each, as texts."""
    for one in series:
        walls, peak = one.walls(), max(peak for _, _, peak in one.taken)
        yield [
            one.name,
            seconds(one.median()),
            f"{seconds(min(walls))} to {seconds(max(walls))}",
            seconds(one.median(1)),
            f"{peak / 1e6:.0f} MB",
            f"{one.to(base):.2f}",
            {None: "", True: "right", False: "WRONG"}[one.right],
        ]


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value:.2f} s"


def plain(lines):
    """Columns under each other."""
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in lines)


def markdown(lines):
    head, *body = lines
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body])
