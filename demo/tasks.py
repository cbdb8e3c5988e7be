"""What the sweep trains: data sets that ship inside scikit-learn, and candidates for each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

Kind = Literal["classification", "regression"]
Family = Literal["boosting", "perceptron"]


@dataclass(frozen=True)
class Candidate:
    """One model to train: a family and the hyperparameters that the sweep varies."""

    family: Family
    params: dict[str, Any]

    @property
    def name(self) -> str:
        """Short enough for a table: `boosting rate=0.1 depth=3`."""
        values = (f"{key.rpartition('_')[2]}={value}" for key, value in self.params.items())
        return " ".join([self.family, *values])


@dataclass(frozen=True)
class Task:
    """A data set, what is predicted from it, and the candidates that compete."""

    name: str
    kind: Kind
    loader: str  # the function of sklearn.datasets
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def score(self) -> str:
        """The figure that decides; greater is better for both kinds."""
        return "accuracy" if self.kind == "classification" else "r2"

    @property
    def metric(self) -> str:
        """The name that the deciding figure of the validation rows is logged under."""
        return f"validation_{self.score}"


def grid(family: Family, **values: list[Any]) -> Iterator[Candidate]:
    for combination in product(*values.values()):
        yield Candidate(family, dict(zip(values, combination, strict=True)))


TASKS = [
    Task(
        "breast-cancer",
        "classification",
        "load_breast_cancer",
        [
            *grid("boosting", learning_rate=[0.03, 0.1, 0.3], max_depth=[2, 3]),
            *grid("perceptron", hidden_units=[16, 64], alpha=[0.0001, 0.1]),
        ],
    ),
    Task(
        "digits",
        "classification",
        "load_digits",
        list(grid("perceptron", hidden_units=[16, 32, 64], alpha=[0.0001, 0.1])),
    ),
    Task(
        "diabetes",
        "regression",
        "load_diabetes",
        [
            *grid("boosting", learning_rate=[0.03, 0.1], max_depth=[1, 2, 3]),
            *grid("perceptron", hidden_units=[16, 64], alpha=[0.01, 1.0]),
        ],
    ),
]
