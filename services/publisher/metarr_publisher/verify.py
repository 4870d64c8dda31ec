"""Compares what was published with what lies there, byte for byte, and the store with both; mends the store on the way.

A picture has two copies. Where the store has lost or damaged its own and the library's is whole, the store gets it back here;
where the library's is missing or changed, the item is published again. The NFO is measured by what was written last: newer
metadata that was not published yet are no damage.
"""

from collections.abc import Mapping

from msgspec import Struct

from metarr.blobs import BlobStore, stored_path
from metarr.domain.publication import PlannedFile, PublishedFile, PublishPlan, StoredImage
from metarr_publisher.adopt import LARGEST_PICTURE
from metarr_publisher.site import Site


class Findings(Struct, frozen=True, kw_only=True):
    """Names as in the plan."""

    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


def verify(site: Site, plan: PublishPlan, published: Mapping[str, PublishedFile], store: BlobStore) -> Findings:
    """Reads every planned file and every stored picture behind one.

    Raises OSError when the folder cannot be read, Transient when the store cannot take a picture back.
    """
    missing, damaged = [], []
    for file in plan.files:
        found = site.look(file.name)
        whole = _is_whole(site, file, published.get(f"{plan.folder}/{file.name}"))
        if found is None:
            missing.append(file.name)
        elif not whole:
            damaged.append(file.name)
        elif file.image is not None:
            _mend_store(site, file, file.image, store)
    return Findings(missing=tuple(missing), damaged=tuple(damaged))


def _is_whole(site: Site, file: PlannedFile, record: PublishedFile | None) -> bool:
    found = site.look(file.name)
    if found is None or found.kind != "file":
        return False
    wanted = file.image.content_hash if file.image is not None else record.content_hash if record is not None else None
    return site.hash(file.name) == wanted


def _mend_store(site: Site, file: PlannedFile, image: StoredImage, store: BlobStore) -> None:
    if not store.verify(stored_path(image.content_hash, image.extension)):
        data = site.read(file.name, LARGEST_PICTURE)
        if data is not None:
            store.put(data, image.extension)
