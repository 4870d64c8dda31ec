"""Files are read in a process of its own; whatever happens to it, every file gets an answer."""

import os
import sys
from pathlib import Path

import pytest

from metarr_scanner.probe import Prober, ProbeUnavailable
from support.media import make_truncated_video, make_video

PLAY_DEAD = """
import os, sys, time
from metarr_scanner import probe_process

really = probe_process.probe_file

def probe(wanted):
    if "crash" in wanted.path:
        os._exit(139)
    if "hang" in wanted.path:
        time.sleep(3600)
    return really(wanted)

probe_process.probe_file = probe
probe_process._main()
"""


async def test_streams_and_hash_of_a_film_are_read(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", 2, audio=("ger", "eng"), subtitles=("fre",), color_trc=16)
    async with Prober() as prober:
        (probed,) = await prober.probe([str(path)])
    assert probed.file_hash is not None
    assert probed.file_hash.startswith("oshash:")
    assert probed.streams is not None
    (video,) = probed.streams.video
    assert (video.codec, video.width, video.height, video.aspect_ratio) == ("mpeg4", 64, 36, "16:9")
    assert (video.framerate, video.hdr_type, video.duration_seconds) == (23.976, "HDR10", 2)
    assert [audio.language for audio in probed.streams.audio] == ["ger", "eng"]
    assert [(text.language, text.format) for text in probed.streams.subtitles] == [("fre", "subrip")]


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.ts", "a.mpg", "a.webm", "a.mov", "a.vob"])
async def test_every_usual_container_is_read(tmp_path: Path, name: str) -> None:
    path = make_video(tmp_path / name, 2)
    async with Prober() as prober:
        (probed,) = await prober.probe([str(path)])
    assert probed.streams is not None
    assert (probed.streams.video[0].width, probed.streams.video[0].framerate) == (64, 23.976)
    assert probed.streams.duration_seconds == 2


async def test_broken_files_are_told_in_words_and_the_others_are_read(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mkv"
    empty.touch()
    truncated = make_truncated_video(tmp_path / "cut.mp4")
    playlist = tmp_path / "list.mkv"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:1/a.ts\n")
    good = make_video(tmp_path / "good.mkv")
    paths = [str(path) for path in (empty, truncated, playlist, tmp_path / "nothing.mkv", good)]
    async with Prober() as prober:
        probed = await prober.probe(paths)
    assert [one.problem for one in probed] == [
        "the file is empty (0 bytes)",
        "the video cannot be read: it is cut off, damaged or not a video",
        "the video cannot be read: it is cut off, damaged or not a video",
        "the file is gone",
        None,
    ]
    assert [one.file_hash is None for one in probed] == [False, False, False, True, False]


async def test_a_file_that_kills_the_process_costs_no_other_file_its_answer(tmp_path: Path) -> None:
    paths = [str(make_video(tmp_path / f"{name}.mkv")) for name in ("a", "b", "crash", "c", "d", "e")]
    async with Prober(command=(sys.executable, "-c", PLAY_DEAD)) as prober:
        probed = await prober.probe(paths)
    problems = {os.path.basename(path): one.problem for path, one in zip(paths, probed, strict=True)}
    assert problems.pop("crash.mkv") == "the file makes the program crash that reads it"
    assert set(problems.values()) == {None}


async def test_a_file_that_takes_for_ever_is_given_up(tmp_path: Path) -> None:
    paths = [str(make_video(tmp_path / f"{name}.mkv")) for name in ("hang", "a")]
    async with Prober(command=(sys.executable, "-c", PLAY_DEAD), silence=1.5) as prober:
        hanging, fine = await prober.probe(paths)
    assert "given up" in (hanging.problem or "")
    assert fine.problem is None


async def test_a_process_that_does_not_start_is_a_fault_of_the_house_not_of_the_file(tmp_path: Path) -> None:
    async with Prober(command=(sys.executable, "-c", "")) as prober:
        with pytest.raises(ProbeUnavailable):
            await prober.probe([str(make_video(tmp_path / "a.mkv"))])
