"""Start a server, train and score with it, show what was found, and leave the server up."""

import argparse
import os
import signal
import sys
from pathlib import Path

from rich.console import Console

from demo.server import DemoFailed, Server

ROOT = Path(__file__).parents[1]


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end when the sweep is done")
    parser.add_argument("--url", help="train against this MLflow server instead of starting one")
    parser.add_argument("--port", type=int, help="the server's port (a free one by default)")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=ROOT / "millpond-demo-data",
        help="where the server keeps its data (default: millpond-demo-data in the repository)",
    )
    return parser.parse_args()


def quieten_client() -> None:
    """Leave the terminal to the progress bar; must run before mlflow is imported."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MPLBACKEND", "agg")


def show_sweep(url: str, console: Console, tables: Path | None) -> None:
    """tables: where those go that the best model scores; without it, no model is released."""
    with console.status("Loading mlflow and scikit-learn"):
        # slow imports, wanted after the first words are printed
        from demo import release, report, sweep
    done = sweep.run(url, console)
    report.print_best_runs(done, console)
    report.judge_best_models(done, console)
    if tables is not None:
        release.release(done, url, tables, console)


def stop_on_terminate() -> None:
    """Let a SIGTERM end the demo the way Ctrl-C does, so that the server is stopped cleanly."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def main() -> None:
    arguments = read_arguments()
    console = Console()
    quieten_client()
    stop_on_terminate()
    if arguments.url:
        show_sweep(arguments.url, console, None)
        return

    server = Server([str(ROOT / ".venv/bin/millpond")], arguments.data_dir, arguments.port)
    console.print(f"Data folder  {server.data_dir}", soft_wrap=True, highlight=False)
    has_failed = False
    try:
        server.start()
        console.print(f"Server       {server.url} (up in {server.startup_s:.2f} s)")
        show_sweep(server.url, console, server.data_dir / "demo-tables")
        if not arguments.exit:
            console.print(f"\nOpen {server.url} to see and compare the runs. Ctrl-C ends it.")
            server.wait()
    except DemoFailed as error:
        has_failed = True
        console.print(str(error), style="red", markup=False)
    except KeyboardInterrupt:
        console.print()
    finally:
        status = server.stop()
    console.print("The server has stopped." if status == 0 else f"The server ended with {status}.")
    sys.exit(1 if status or has_failed else 0)


if __name__ == "__main__":
    main()
