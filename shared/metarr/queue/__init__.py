"""The job_queue table: enqueue, claim, complete, release, rescue. Nothing of media."""
