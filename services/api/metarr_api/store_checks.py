"""What the nightly comparison of rows and files says of the store of pictures."""

from metarr.db.queries.reconcile import StoreState
from metarr_api.check import Check

_REMEDY = (
    "each night they are looked for in the libraries and at their sources; films that show them say so. To have it done now: "
    "POST /api/v1/schedules/reconcile_store/run"
)


def look_at_the_store(state: StoreState) -> Check:
    """Whether every picture has its file. Files that no row knows are no trouble: the sweep deletes them."""
    if state.lost:
        message = f"{state.lost} pictures are lost from the store or damaged"
        return Check(name="store", state="warning", message=message, remedy=_REMEDY)
    if state.compared_at is None:
        return Check(name="store", state="ok", message="its rows and files have not been compared yet")
    message = f"every picture had its file on {state.compared_at:%Y-%m-%d}"
    if state.unknown_files:
        size = state.unknown_bytes / 1024**2
        message += f"; {state.unknown_files} files that nothing shows ({size:.1f} MiB) go with the next sweep"
    return Check(name="store", state="ok", message=message)
