"""Answers kept on disk."""

from datetime import timedelta

from metarr.http.answers import AnswerStore

WEEK = timedelta(days=7)


async def test_a_kept_answer_is_there_for_the_next_process(tmp_path):
    first = AnswerStore(tmp_path)
    await first.put("https://api/movie/1?", b'{"id":1}', fresh_for=WEEK)
    await first.close()
    second = AnswerStore(tmp_path)
    assert await second.get("https://api/movie/1?") == b'{"id":1}'
    assert await second.get("https://api/movie/2?") is None
    await second.close()


async def test_a_newer_answer_takes_the_place_of_the_older_one(tmp_path):
    store = AnswerStore(tmp_path)
    await store.put("q", b"old", fresh_for=WEEK)
    await store.put("q", b"new", fresh_for=WEEK)
    assert await store.get("q") == b"new"
    await store.close()


async def test_a_stale_answer_is_not_given(tmp_path):
    store = AnswerStore(tmp_path)
    await store.put("q", b"old", fresh_for=timedelta(seconds=-1))
    assert await store.get("q") is None
    await store.close()


async def test_a_folder_that_cannot_be_written_makes_everything_a_miss(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    store = AnswerStore(in_the_way)
    await store.put("q", b"answer", fresh_for=WEEK)
    assert await store.get("q") is None
    await store.close()
