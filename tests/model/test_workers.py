import threading

from model.workers import Workers


def _threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("fleeting-motion")]


def test_threads_come_with_the_first_job_end_and_come_again():
    workers = Workers()
    assert not _threads()
    for _ in range(2):
        assert workers.submit(pow, 2, exp=3).result() == 8
        assert list(workers.map(abs, [-1, 2])) == [1, 2]
        assert _threads()
        workers.shutdown()
        assert not _threads()
