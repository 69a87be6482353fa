"""The Celery application: it carries ids from the relay to the workers, and nothing is lost when it forgets them."""

from celery import Celery

from core import logs
from core.settings import settings
from workers.beat import BeatStep

QUEUES = ("tickets", "llm", "documents", "bulk")


def make_app(broker_url: str) -> Celery:
    """Return a Celery app on a Redis-protocol broker, set as docs/decisions/0003-celery-carries-ids.md explains."""
    app = Celery("saola", broker=broker_url, include=["workers.tasks"])
    app.conf.update(
        task_default_queue="bulk",
        task_ignore_result=True,
        task_acks_late=True,
        task_acks_on_failure_or_timeout=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        task_soft_time_limit=840,
        task_time_limit=900,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_soft_shutdown_timeout=3.0,
        worker_enable_soft_shutdown_on_idle=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_hijack_root_logger=False,
        worker_max_memory_per_child=2_000_000,  # KiB
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        broker_pool_limit=4,
        broker_transport_options={
            "visibility_timeout": 300,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 5,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
        },
    )
    return app


logs.configure()
app = make_app(settings().broker_url)
app.steps["consumer"].add(BeatStep)
