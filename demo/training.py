"""How one candidate is trained, measured and logged, with scikit-learn and stock mlflow alone."""

from collections.abc import Callable
from dataclasses import dataclass

import mlflow
import numpy as np
import pandas as pd
import sklearn
from matplotlib.figure import Figure
from sklearn import datasets, metrics
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from demo.tasks import Candidate, Task

STEPS = 200  # boosting stages, or epochs of a perceptron
SEED = 7

# Naming them spares mlflow a look at every import of every model, which takes seconds each time.
REQUIREMENTS = [f"scikit-learn=={sklearn.__version__}", f"pandas=={pd.__version__}"]


# mlflow keeps models as skops files; what skops does not know as harmless must be trusted by name.
TRUSTED_TYPES = [
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
]


@dataclass(frozen=True)
class Part:
    """Some rows of a data set: one column for each feature, and what is to be predicted."""

    features: pd.DataFrame
    target: pd.Series

    def with_target(self) -> pd.DataFrame:
        return self.features.assign(target=self.target.astype(float))


@dataclass(frozen=True)
class Split:
    """The rows to fit on, to choose by, and to judge the winner with (60, 20 and 20 %)."""

    train: Part
    validation: Part
    held_out: Part


def load_split(task: Task) -> Split:
    """The same rows in the same parts every time, so that a model may be judged at any time."""
    frame = getattr(datasets, task.loader)(as_frame=True)
    features, target = frame.data.astype(float), frame.target
    stratify = target if task.kind == "classification" else None
    kept, held_out, kept_y, held_out_y = train_test_split(
        features, target, test_size=0.2, random_state=SEED, stratify=stratify
    )
    stratify = kept_y if task.kind == "classification" else None
    train, validation, train_y, validation_y = train_test_split(
        kept, kept_y, test_size=0.25, random_state=SEED, stratify=stratify
    )
    return Split(Part(train, train_y), Part(validation, validation_y), Part(held_out, held_out_y))


def build(task: Task, candidate: Candidate) -> Pipeline:
    classifies = task.kind == "classification"
    params = candidate.params
    if candidate.family == "boosting":
        model = (GradientBoostingClassifier if classifies else GradientBoostingRegressor)(
            n_estimators=STEPS, subsample=0.8, random_state=SEED, **params
        )
        return make_pipeline(model)
    # No early stop: the loss curves of all perceptrons are then equally long.
    model = (MLPClassifier if classifies else MLPRegressor)(
        hidden_layer_sizes=(params["hidden_units"],),
        alpha=params["alpha"],
        learning_rate_init=0.01,
        max_iter=STEPS,
        n_iter_no_change=STEPS,
        random_state=SEED,
    )
    return make_pipeline(StandardScaler(), model)


def decide(task: Task, target: pd.Series, predicted: np.ndarray) -> float:
    """Accuracy, or R2. Written out: autologging would log each call of scikit-learn's functions."""
    if task.kind == "classification":
        return float((target == predicted).mean())
    return float(1 - ((target - predicted) ** 2).sum() / ((target - target.mean()) ** 2).sum())


def judge(task: Task, target: pd.Series, predicted: np.ndarray) -> dict[str, float]:
    """The figures of one prediction by name, the deciding one first."""
    if task.kind == "classification":
        other = {"f1_macro": metrics.f1_score(target, predicted, average="macro")}
    else:
        other = {"mae": metrics.mean_absolute_error(target, predicted)}
    return {task.score: decide(task, target, predicted), **other}


def learning_curve(task: Task, model: Pipeline, validation: Part) -> list[dict[str, float]]:
    """The metrics of each step: the training loss, and the validation score where one is known."""
    fitted = model[-1]
    if not hasattr(fitted, "staged_predict"):
        return [{"train_loss": loss} for loss in fitted.loss_curve_]
    stages = fitted.staged_predict(validation.features)
    return [
        {"train_loss": loss, f"staged_{task.score}": decide(task, validation.target, stage)}
        for loss, stage in zip(fitted.train_score_, stages, strict=True)
    ]


def draw(task: Task, target: pd.Series, predicted: np.ndarray) -> Figure:
    """A confusion matrix, or predicted against true values."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    if task.kind == "classification":
        metrics.ConfusionMatrixDisplay.from_predictions(target, predicted, ax=axes, colorbar=False)
    else:
        axes.scatter(target, predicted, s=8)
        axes.axline((float(target.mean()), float(target.mean())), slope=1, linestyle=":")
        axes.set(xlabel="true", ylabel="predicted")
    axes.set_title(f"{task.name}, validation rows")
    return figure


def train(
    task: Task,
    candidate: Candidate,
    split: Split,
    tags: dict[str, str],
    advance: Callable[[], None],
) -> dict[str, float]:
    """Train one candidate as a child of the active run; returns its validation metrics.

    advance is called once for each logged step.
    """
    with mlflow.start_run(run_name=candidate.name, nested=True, tags=tags):
        mlflow.set_tags({"family": candidate.family, "candidate": candidate.name})
        mlflow.log_params({"family": candidate.family, **candidate.params})
        rows = mlflow.data.from_pandas(split.train.with_target(), name=task.name, targets="target")
        mlflow.log_input(rows, context="training")

        model = build(task, candidate)
        model.fit(split.train.features, split.train.target)  # autologged
        for step, values in enumerate(learning_curve(task, model, split.validation)):
            mlflow.log_metrics(values, step=step)
            advance()

        predicted = model.predict(split.validation.features)
        figures = judge(task, split.validation.target, predicted)
        validation = {f"validation_{name}": value for name, value in figures.items()}
        mlflow.log_metrics(validation)
        mlflow.log_figure(draw(task, split.validation.target, predicted), "validation.png")
        table = pd.DataFrame({"true": split.validation.target, "predicted": predicted})
        mlflow.log_table(table.reset_index(names="row"), "predictions.json")
        mlflow.sklearn.log_model(
            model,
            name="model",
            input_example=split.train.features.head(3),
            pip_requirements=REQUIREMENTS,
            skops_trusted_types=TRUSTED_TYPES,
        )
        return validation
