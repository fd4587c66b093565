"""A worker does not grow; `python -m benchmarks.worker_growth` says the same of 50,000 tasks."""

from benchmarks.worker_growth import measure


def test_neither_threads_nor_files_nor_memory_grow_with_the_tasks() -> None:
    early, late = measure([1_000, 5_000])
    assert late.threads <= early.threads + 1
    assert late.files <= early.files
    assert late.objects - early.objects < 1_000  # one that stays for every task would be 4,000
    assert late.rss_bytes - early.rss_bytes < 8 * 2**20
