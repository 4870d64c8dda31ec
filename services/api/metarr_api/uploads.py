"""Pictures that arrive with a request: put where the cache service takes them from, under a name of our own."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException

from metarr.errors import Invalid
from metarr_api.inputs import Asked

UPLOAD_DIR = "uploads"
"""Below the data directory."""
MOST_UPLOAD = 10_000_000
"""Bytes, with the form around the file."""
_TOO_LARGE = 413


@asynccontextmanager
async def kept_upload(request: Asked, data_dir: str) -> AsyncIterator[str]:
    """The name of the form's `file` in the upload folder, where it lies for the time of the block.

    Raises Invalid when the form has no file, and what the framework raises for one that is too large.
    """
    data = await _file_of(request)
    path = Path(data_dir) / UPLOAD_DIR / secrets.token_hex(16)
    await asyncio.to_thread(_write, path, data)
    try:
        yield path.name
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _file_of(request: Asked) -> bytes:
    try:
        form = await request.form()
    except (ClientException, ValueError) as wrong:
        if isinstance(wrong, ClientException) and wrong.status_code == _TOO_LARGE:
            raise
        raise Invalid("the form cannot be read", {"file": str(wrong)}) from None
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid("the form has no file", {"file": "is required, as a file"})
    data = await file.read()
    if not data:
        raise Invalid("the file is empty", {"file": "has no bytes"})
    return data


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
