"""Does the hub's tasks, each once, and keeps each result in the journal until the hub has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from opentelemetry import trace

from kit.clock import Clock
from kit.errors import InvalidInput
from kit.telemetry.log import logger
from kit.telemetry.tracing import current_traceparent, remote_context
from node.adapters.acts import act_of_task
from node.adapters.border.span_buffer import REASON
from node.adapters.border.wire import count_task, write_answer, write_descriptions
from node.adapters.files.switch_file import SwitchFile
from node.application.answer_count import AnswerCount, Unanswered
from node.application.describe_data_sets import DescribeDataSets
from node.domain.act import Act
from node.domain.answer import TaskId
from node.domain.errors import DiskFullError
from node.domain.journal import KnownTask, NewTask, PendingResult, ReceivedTask
from node.domain.refusal import Refusal, RefusalReason
from node.domain.rules import HubPolicy
from oncordia.border.v1 import task_pb2, task_result_pb2

_log = logger(__name__)
_tracer = trace.get_tracer("node.task")

T = TypeVar("T")

DISABLED = "PROVIDER_DISABLED"
UNKNOWN_WORK = "UNKNOWN_WORK"
FAULT = "NODE_FAULT"
ROOM_SECONDS = 1.0
"""How often a full disk is tried again."""


class Journal(Protocol):
    """What is kept of tasks."""

    def receive(self, task: ReceivedTask) -> NewTask | KnownTask: ...

    def record_result(self, task_id: TaskId, result: bytes, act: Act | None) -> None: ...

    def pending_results(self) -> Sequence[PendingResult]: ...

    def acknowledge(self, task_id: TaskId) -> None: ...

    def forget(self, before: datetime) -> int: ...


class TaskWorker:
    """What takes longer than a moment goes on in threads, so that the stream to the hub never waits for it: counting,
    opening an index, describing data sets, and waiting for room on the disk. Notes in the journal and stored answers
    take less than handing them to a thread and back."""

    def __init__(
        self,
        journal: Journal,
        answer_count: AnswerCount,
        describe: DescribeDataSets,
        switch: SwitchFile,
        clock: Clock,
        finished: Callable[[PendingResult], None],
        threads: int = 2,
    ) -> None:
        self._journal = journal
        self._answer_count = answer_count
        self._describe = describe
        self._switch = switch
        self._clock = clock
        self._finished = finished
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="task")
        # The asking resource of each task that is being worked on.
        self._working: dict[TaskId, str] = {}
        self._cancelled: set[TaskId] = set()
        self._jobs: set[asyncio.Task[None]] = set()
        self.policy: HubPolicy | None = None

    def take(self, task: task_pb2.Task) -> None:
        """Begins with a task, unless it is being worked on."""
        task_id = TaskId(task.task_id)
        if task.WhichOneof("work") == "cancel":
            self._cancel(task)
        if task_id not in self._working:
            self._working[task_id] = task.asking_resource
            job = asyncio.create_task(self._work(task))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

    async def in_pool(self, work: Callable[[], T]) -> T:
        """Blocking work around the journal, done in a thread; again and again while the disk is full."""
        told = False
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
            except DiskFullError as error:
                if not told:
                    _log.error("work waits for room on the disk", error=str(error))
                told = True
            await asyncio.sleep(ROOM_SECONDS)

    async def finish(self) -> None:
        """Waits for what was begun."""
        await asyncio.gather(*self._jobs, return_exceptions=True)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _promptly(self, work: Callable[[], T]) -> T:
        """A moment's work, done here and now unless the disk is full."""
        try:
            return work()
        except DiskFullError:
            return await self.in_pool(work)

    async def _work(self, task: task_pb2.Task) -> None:
        task_id = TaskId(task.task_id)
        try:
            self._finished(PendingResult(task_id, await self._done_once(task)))
        except Exception as error:
            # The journal is broken or gone. The task is not lost: the hub sends it again after a reconnect.
            _log.error("a task can't be noted in the journal", error=type(error).__name__)
        finally:
            self._working.pop(task_id, None)
            self._cancelled.discard(task_id)

    async def _done_once(self, task: task_pb2.Task) -> bytes:
        """The result, of now or of an earlier time. Raises sqlite3.Error, OSError."""
        task_id = TaskId(task.task_id)
        received = ReceivedTask(task_id, task.SerializeToString(), task.deadline.ToDatetime(UTC))
        known = await self._promptly(lambda: self._journal.receive(received))
        if isinstance(known, KnownTask) and known.result is not None:
            return known.result
        # Known without a result: an earlier process ended in the middle of it. Its charge, if any, is on disk.
        result = await self._done(task)
        act = act_of_task(task, result, self._clock.now())
        written = result.SerializeToString()
        await self._promptly(lambda: self._journal.record_result(task_id, written, act))
        return written

    async def _done(self, task: task_pb2.Task) -> task_result_pb2.TaskResult:
        result = task_result_pb2.TaskResult(task_id=task.task_id)
        kind = task.WhichOneof("work") or "unknown"
        with _tracer.start_as_current_span(
            f"node task {kind}",
            context=remote_context(task.traceparent),
            kind=trace.SpanKind.CONSUMER,
            attributes={"oncordia.task.kind": kind},
            record_exception=False,
        ) as span:
            result.traceparent = current_traceparent()
            try:
                await self._write(task, result)
            except InvalidInput as error:
                write_answer(Refusal(RefusalReason.INVALID_QUERY, error.message), result)
            except Exception as error:
                # Its text may hold data; the provider finds it in the node's own log.
                _log.error("a task failed", kind=kind, exc_info=error)
                result.failure.reason = FAULT
                result.failure.message = "the node could not do it; its operator finds the cause in the node's log"
            reason = result.refusal.reason or result.failure.reason
            if reason:
                span.set_attribute(REASON, reason)
                span.set_status(trace.StatusCode.ERROR)
            if result.HasField("count"):
                span.set_attribute("oncordia.answer.stored", str(result.count.stored).lower())
        return result

    async def _write(self, task: task_pb2.Task, result: task_result_pb2.TaskResult) -> None:
        kind = task.WhichOneof("work")
        if self._is_stopped(task, result):
            return
        if kind == "cancel":
            result.cancelled.SetInParent()
        elif kind == "count":
            await self._count(task, result)
        elif kind == "describe":
            await self._in_thread(task, result, lambda: write_descriptions(*self._describe(), result))
        else:
            result.failure.reason = UNKNOWN_WORK
            result.failure.message = "this version of the node's software does not know this kind of task"

    async def _count(self, task: task_pb2.Task, result: task_result_pb2.TaskResult) -> None:
        asked, answer = count_task(task, self.policy), self._answer_count
        if not answer.is_ready():
            await self._in_thread(task, result, lambda: write_answer(answer(asked), result))
            return
        found = await self._promptly(lambda: answer.without_counting(asked))
        if isinstance(found, Unanswered):
            await self._in_thread(task, result, lambda: write_answer(answer.counted(found), result))
        else:
            write_answer(found, result)

    async def _in_thread(
        self, task: task_pb2.Task, result: task_result_pb2.TaskResult, write: Callable[[], None]
    ) -> None:
        """Does it in a thread, unless it was stopped while it waited for one."""
        context = copy_context()
        await self.in_pool(lambda: None if self._is_stopped(task, result) else context.run(write))

    def _is_stopped(self, task: task_pb2.Task, result: task_result_pb2.TaskResult) -> bool:
        """Whether the provider is switched off or the task was cancelled; the result says so then."""
        if self._switch.off:
            result.refusal.reason = DISABLED
            result.refusal.message = "the provider has switched itself off"
        elif TaskId(task.task_id) in self._cancelled:
            result.cancelled.SetInParent()
        else:
            return False
        return True

    def _cancel(self, task: task_pb2.Task) -> None:
        """What waits for a thread is dropped; what is being counted ends by itself, and nobody looks at it."""
        named = task.cancel.task_id
        self._cancelled |= {
            working
            for working, asking in self._working.items()
            if working == named or (not named and asking == task.asking_resource)
        }
