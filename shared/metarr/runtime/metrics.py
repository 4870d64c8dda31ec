"""What a service counts about itself; the API shows it for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

JOBS_ENDED = Counter("metarr_jobs_ended", "Runs of jobs by how they ended", ["service", "kind", "outcome"])
JOBS_RUNNING = Gauge("metarr_jobs_running", "Jobs that run now", ["service"])
JOB_SECONDS = Histogram(
    "metarr_job_seconds",
    "How long runs of jobs take",
    ["service", "kind"],
    buckets=(0.005, 0.02, 0.05, 0.2, 0.5, 1, 2, 5, 15, 60, 300),
)


class JobMetrics:
    """What one worker counts; the label lookups are paid once for each kind and outcome."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._running = JOBS_RUNNING.labels(service)
        self._ended: dict[tuple[str, str], Counter] = {}
        self._seconds: dict[str, Histogram] = {}

    def running(self, count: int) -> None:
        self._running.set(count)

    def ended(self, kind: str, outcome: str, seconds: float) -> None:
        if (kind, outcome) not in self._ended:
            self._ended[kind, outcome] = JOBS_ENDED.labels(self._service, kind, outcome)
            self._seconds[kind] = JOB_SECONDS.labels(self._service, kind)
        self._ended[kind, outcome].inc()
        self._seconds[kind].observe(seconds)
