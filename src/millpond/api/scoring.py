"""Batch scoring over the native API; see ``scoring_jobs``."""

import asyncio
from typing import Annotated, Any

from litestar import Request, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from millpond.api.scoring_jobs import ScoringJobs
from millpond.wire.scoring import ScoringAnswer, StartScoring

JobId = Annotated[str, PathParameter(description="The job's id.")]


def scoring_handlers(jobs: ScoringJobs, url_prefix: str) -> list[HTTPRouteHandler]:
    """The handlers of ``/api/v1/scoring``."""

    def in_thread(work: Any, *given: Any) -> Any:
        return asyncio.get_running_loop().run_in_executor(None, work, *given)

    @post("/api/v1/scoring", summary="Score a table", status_code=201)
    async def start_scoring(
        request: Request[Any, Any, Any], data: JSONBody[StartScoring]
    ) -> ScoringAnswer:
        """Score a table on the server's machine, in the background; one that was cut off goes on
        where it was when it is started in the same words. 501 unless the setting `scoring_python`
        names a Python to do it with."""
        answer: ScoringAnswer = await in_thread(jobs.start, data, _own_url(request, url_prefix))
        return answer

    @get("/api/v1/scoring", summary="List scoring jobs")
    async def list_scoring() -> list[ScoringAnswer]:
        """The latest jobs, the last started first. Each is a run, too."""
        answers: list[ScoringAnswer] = await in_thread(jobs.all)
        return answers

    @get("/api/v1/scoring/{job_id:str}", summary="Get a scoring job")
    async def get_scoring(job_id: JobId) -> ScoringAnswer:
        """How far a job is, and how it ended."""
        answer: ScoringAnswer = await in_thread(jobs.get, job_id)
        return answer

    @delete("/api/v1/scoring/{job_id:str}", summary="Cancel a scoring job", status_code=200)
    async def cancel_scoring(job_id: JobId) -> ScoringAnswer:
        """Stop a job; what it predicted so far is kept for when it is started again."""
        answer: ScoringAnswer = await in_thread(jobs.cancel, job_id)
        return answer

    return [start_scoring, list_scoring, get_scoring, cancel_scoring]


def _own_url(request: Request[Any, Any, Any], url_prefix: str) -> str:
    """Where this server is reached from its own machine, whatever name the client calls it by."""
    host, port = request.scope.get("server") or ("", None)
    if port is None:
        return str(request.base_url).rstrip("/")
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}{url_prefix}"
