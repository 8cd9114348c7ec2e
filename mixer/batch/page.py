"""The index page of a batch: every song with a player, failures and outliers marked.

One file without anything from outside; players point at the mixes beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import quote

from mixer.batch.figures import Figures
from mixer.batch.ledger_rows import Record
from mixer.batch.states import State
from mixer.output.names import REPORT_SUFFIX

_Level = Literal["loudness_lufs", "true_peak_dbtp", "gain_reduction_db"]
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--mark:#b45309;--bad:#b91c1c}
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem}
h1{font-size:1.4rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.45rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.id{overflow-wrap:anywhere;white-space:pre-wrap}
audio{width:18rem;max-width:100%;height:2.2rem}
.mark{color:var(--mark)}.failed{color:var(--bad)}
tr.odd td:first-child{box-shadow:inset 3px 0 var(--mark)}
tr.bad td:first-child{box-shadow:inset 3px 0 var(--bad)}
label{margin-right:1.2rem}
"""
_SCRIPT = """
const body=document.querySelector('tbody'),rows=[...body.rows];
document.querySelectorAll('th button').forEach((button,column)=>button.onclick=()=>{
 const up=button.dataset.up!=='1';button.dataset.up=up?'1':'0';
 const key=row=>{const c=row.cells[column],v=c.dataset.v;return v===undefined?c.textContent:+v};
 rows.sort((a,b)=>{const x=key(a),y=key(b);return (x<y?-1:x>y?1:0)*(up?1:-1)});
 body.append(...rows)});
const only=document.getElementById('only'),find=document.getElementById('find');
const show=()=>rows.forEach(row=>row.hidden=(only.checked&&!row.className)||
 !row.textContent.toLowerCase().includes(find.value.toLowerCase()));
only.onchange=find.oninput=show;
document.addEventListener('play',e=>document.querySelectorAll('audio').forEach(
 a=>{if(a!==e.target)a.pause()}),true);
"""
# Minus infinity as JavaScript sorts it.
_SILENT = "-999"


def index_page(records: Sequence[Record], marks: Mapping[str, Sequence[str]]) -> str:
    """The whole page.

    Args:
        records: songs in the order in which they are shown.
        marks: what stands out, by id.
    """
    counts = {state: sum(r.state == state for r in records) for state in (State.DONE, State.FAILED)}
    left = len(records) - sum(counts.values())
    marked = sum(1 for record in records if marks.get(record.id))
    head = f"{counts[State.DONE]} done, {counts[State.FAILED]} failed, {left} left, {marked} marked"
    names = (
        "song", "listen", "length", "LUFS", "dBTP", "limiter dB", "left out", "not recognised",
        "remarks",
    )  # fmt: skip
    header = "".join(f'<th scope="col"><button>{name}</button></th>' for name in names)
    rows = "\n".join(_row(record, marks.get(record.id, ())) for record in records)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Batch: {head}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>{_STYLE}</style></head><body>
<h1>Batch: {head}</h1>
<p><label><input type="checkbox" id="only"> only failed and marked</label>
<label>find <input id="find" type="search"></label></p>
<table><thead><tr>{header}</tr></thead><tbody>
{rows}
</tbody></table>
<script>{_SCRIPT}</script></body></html>
"""


def _row(record: Record, marks: Sequence[str]) -> str:
    figures = record.figures if record.state == State.DONE else Figures()
    kind = {State.FAILED: "bad"}.get(record.state, "odd" if marks else "")
    remarks = [f'<span class="mark">{_text(mark)}</span>' for mark in marks]
    remarks += [
        f'<span class="mark">{_text(remark)}</span>' for remark in figures.get("remarks") or ()
    ]
    if record.state == State.FAILED:
        remarks.insert(0, f'<span class="failed">failed: {_text(record.error or "")}</span>')
    elif record.state != State.DONE:
        remarks.insert(0, "not rendered")
    player = ""
    if record.state == State.DONE:
        source = _address(record.output)
        label = _text(f"play {record.id}")
        player = f'<audio controls preload="none" src="{source}" aria-label="{label}"></audio>'
        player += _report_link(record)
    return (
        f'<tr class="{kind}"><td class="id">{_text(record.id)}</td><td>{player}</td>'
        f"{_length(figures.get('duration_s'))}{_level(figures, 'loudness_lufs')}"
        f"{_level(figures, 'true_peak_dbtp')}{_level(figures, 'gain_reduction_db')}"
        f"{_files(figures.get('left_out'))}{_files(figures.get('not_recognised'))}"
        f"<td>{'<br>'.join(remarks)}</td></tr>"
    )


def _report_link(record: Record) -> str:
    """To the song's own report, where it has one."""
    path = str(PurePosixPath(record.output).with_suffix("")) + REPORT_SUFFIX
    if path not in (file for file, _, _ in record.files):
        return ""
    label = _text(f"report on {record.id}")
    return f'<br><a href="{_address(path)}" aria-label="{label}">report</a>'


def _address(path: str) -> str:
    """A relative URL."""
    return _text(quote(path.encode("utf-8", "surrogateescape")))


def _level(figures: Figures, name: _Level) -> str:
    if name not in figures:
        return f'<td class="n" data-v="{_SILENT}"></td>'
    value = figures[name]
    if value is None:
        return f'<td class="n" data-v="{_SILENT}">silent</td>'
    return f'<td class="n" data-v="{value:.3f}">{value:.1f}</td>'


def _files(names: Sequence[str] | None) -> str:
    """How many; which, where the pointer rests."""
    if names is None:
        return f'<td class="n" data-v="{_SILENT}"></td>'
    title = f' title="{_text(chr(10).join(names))}"' if names else ""
    return f'<td class="n" data-v="{len(names)}"{title}>{len(names)}</td>'


def _length(duration_s: float | None) -> str:
    if duration_s is None:
        return f'<td class="n" data-v="{_SILENT}"></td>'
    minutes, seconds = divmod(round(duration_s), 60)
    return f'<td class="n" data-v="{duration_s:.3f}">{minutes}:{seconds:02d}</td>'


def _text(text: str) -> str:
    return escape(text.encode("utf-8", "backslashreplace").decode("utf-8"))
