"""The published numbers of the reference study, beside ours."""

from benchmarks.shared.tables import Frame, Table, at_end

# Final macro-F1 errors of the reference study, one run each, read off its bars, by
# training pairs.
PUBLISHED_SIZES = (100_000, 10_000, 1_000, 100)
PUBLISHED = {
    "CartPole-v1": {
        "sgd": (0.0299, 0.0355, 0.177, 0.204),
        "simple_ga_fixed": (0.0595, 0.0566, 0.0441, 0.0794),
        "simple_ga_adaptive": (0.0190, 0.0204, 0.00510, 0.0525),
        "simple_es_fixed": (0.164, 0.156, 0.105, 0.108),
        "simple_es_adaptive": (0.133, 0.134, 0.0944, 0.0881),
        "simple_ga_fixed_f1": (0.183, 0.184, 0.188, 0.201),
        "simple_ga_adaptive_f1": (0.0828, 0.178, 0.177, 0.202),
        "simple_es_fixed_f1": (0.442, 0.429, 0.457, 0.489),
        "simple_es_adaptive_f1": (0.419, 0.420, 0.449, 0.483),
    },
    "LunarLander-v3": {
        "sgd": (0.0537, 0.0664, 0.199, 0.571),
        "simple_ga_fixed": (0.169, 0.159, 0.132, 0.292),
        "simple_ga_adaptive": (0.206, 0.176, 0.0663, 0.302),
        "simple_es_fixed": (0.322, 0.295, 0.180, 0.239),
        "simple_es_adaptive": (0.304, 0.285, 0.146, 0.264),
        "simple_ga_fixed_f1": (0.575, 0.576, 0.587, 0.625),
        "simple_ga_adaptive_f1": (0.345, 0.507, 0.544, 0.616),
        "simple_es_fixed_f1": (0.750, 0.748, 0.756, 0.769),
        "simple_es_adaptive_f1": (0.748, 0.746, 0.756, 0.768),
    },
}


def published_table(runs: Frame, labels: dict[str, str], task: str) -> Table:
    """Each published single run beside ours: mean, and range over seeds."""
    ours = at_end(runs, "macro_f1", "size")
    rows = []
    for name, label in labels.items():
        for size, error in zip(
            PUBLISHED_SIZES, PUBLISHED.get(task, {}).get(name, ()), strict=False
        ):
            errors = 1 - ours[(ours.method == name) & (ours.x == size)].value
            if len(errors):
                spread = f"{errors.min():.4f} to {errors.max():.4f}"
                cell = [label, size, f"{error:.4f}", f"{errors.mean():.4f}", spread]
                rows.append([*cell, f"{errors.mean() / error:.2f}", len(errors)])
    header = [
        "method",
        "pairs",
        "published F1 error",
        "ours",
        "range",
        "ratio",
        "seeds",
    ]
    return Table("each published run beside ours", header, rows)
