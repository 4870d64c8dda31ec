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
