"""What a run's ledger recorded, and what its engine was given."""

from mixer.batch.ledgers.ledger import LEDGER_FILE, read_records
from mixer.batch.requests.outputs import STATE_FOLDER


def records(out):
    return {r.id: r for r in read_records(out / STATE_FOLDER / LEDGER_FILE)}


def seen(batch) -> list[str]:
    return [order.id for order in batch.engine.seen]
