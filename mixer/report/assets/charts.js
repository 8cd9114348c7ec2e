// The charts that have an x-axis of their own: spectrum, stereo field, masking.

import { crosshair, dbTicks, legend, linear, logarithmic, pathOf, redrawn, shown, shownHz, svg, html, ticks, unit } from "./axes.js";

const FREQUENCY_TICKS = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];

/**
 * Curves over frequency with a crosshair that reads them.
 * curves: [{label, colour, dashed, values}], all at bandsHz; null where there is nothing.
 * Signed: of gains, with as much room above 0 dB as below, and a line there.
 */
export function frequencyChart(host, label, bandsHz, curves, { signed = false } = {}) {
  const readout = html("p", { className: "readout", "aria-live": "polite" });
  const plot = html("div", { className: "plot", tabindex: "0", role: "img", "aria-label": label });
  host.replaceChildren(legend(curves), readout, plot);
  const heard = curves.flatMap((c) => c.values.filter((v, i) => v !== null && bandsHz[i] <= 16000));
  if (!heard.length) {
    host.replaceChildren(html("p", { className: "empty", text: "Nothing to draw: it is silent." }));
    return;
  }
  const farthest = Math.max(6, Math.ceil((Math.max(...heard.map(Math.abs)) + 0.5) / 6) * 6);
  const top = signed ? farthest : Math.ceil((Math.max(...heard) + 1) / 6) * 6;
  const bottom = signed ? -farthest : Math.max(Math.floor((Math.min(...heard) - 1) / 6) * 6, top - 72);
  redrawn(plot, (width) => {
    const u = unit();
    const height = Math.round(Math.min(Math.max(width * 0.34, 220), 460 * u));
    const [left, right, up, down] = [46, 8, 8, 26].map((size) => size * u);
    const x = logarithmic(20, 20500, left, width - right);
    const y = linear(bottom, top, height - down, up);
    const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    for (const hz of FREQUENCY_TICKS) {
      if (width < 480 * u && [50, 200, 2000, 5000, 20000].includes(hz)) continue;
      drawing.append(svg("path", { class: "grid", d: `M${x(hz)} ${up}V${height - down}` }));
      const name = svg("text", { x: x(hz), y: height - 8 * u, "text-anchor": hz === 20000 ? "end" : "middle" });
      name.textContent = hz === 20 || hz === 20000 ? shownHz(hz) : hz >= 1000 ? `${hz / 1000}k` : hz;
      drawing.append(name);
    }
    for (const { value: db, text } of dbTicks(bottom, top, 7)) {
      drawing.append(svg("path", { class: signed && db === 0 ? "axis" : "grid", d: `M${left} ${y(db)}H${width - right}` }));
      const name = svg("text", { x: left - 8 * u, y: y(db) + 4 * u, "text-anchor": "end" });
      name.textContent = text;
      drawing.append(name);
    }
    const inside = (value) => Math.min(Math.max(value, bottom), top);
    for (const curve of curves) {
      const values = curve.values.map((v) => (v === null ? null : inside(v)));
      drawing.append(
        svg("g", { class: curve.colour },
          svg("path", { class: `curve ${curve.dashed ? "dashed" : ""}`, d: pathOf(bandsHz, values, x, y) })),
      );
    }
    const cross = svg("path", { class: "cross", d: "" });
    drawing.append(cross);
    plot.replaceChildren(drawing);
    crosshair(plot, bandsHz.map(x), (index) => {
      cross.setAttribute("d", index === null ? "" : `M${x(bandsHz[index])} ${up}V${height - down}`);
      readout.textContent = index === null ? "" : `${shownHz(bandsHz[index])}: ` +
        curves.map((c) => `${c.label} ${shown(c.values[index], 1, "dB")}`).join(", ");
    });
  });
}

/** Energy by direction: a half circle, left on the left. curves: [{label, colour, values}]. */
export function directionChart(host, label, lowestDb, curves) {
  const plot = html("div", { className: "plot", role: "img", "aria-label": label });
  host.replaceChildren(legend(curves), plot);
  redrawn(plot, (full) => {
    const u = unit();
    const radius = Math.min(full, 760 * u) / 2 - 30 * u;
    const [cx, cy] = [full / 2, radius + 24 * u];
    const height = cy + 22 * u;
    const drawing = svg("svg", { width: full, height, viewBox: `0 0 ${full} ${height}` });
    const reach = linear(lowestDb, 0, 0, radius);
    const point = (degrees, r) => {
      const turned = (degrees * Math.PI) / 180;
      return [cx - r * Math.sin(turned), cy - r * Math.cos(turned)];
    };
    for (const db of [-36, -24, -12, 0]) {
      const r = reach(db);
      drawing.append(svg("path", { class: "grid", d: `M${cx - r} ${cy}A${r} ${r} 0 0 1 ${cx + r} ${cy}` }));
      const name = svg("text", { x: cx + r, y: cy + 14 * u, "text-anchor": "middle" });
      name.textContent = shown(db, 0, db === 0 ? "dB" : "");
      drawing.append(name);
    }
    for (const [degrees, text] of [[90, ""], [45, "L"], [0, "C"], [-45, "R"], [-90, ""]]) {
      const [x, y] = point(degrees, radius);
      drawing.append(svg("path", { class: "grid", d: `M${cx} ${cy}L${x} ${y}` }));
      const [tx, ty] = point(degrees, radius + 12 * u);
      const name = svg("text", { x: tx, y: ty + 4 * u, "text-anchor": "middle", class: "strong" });
      name.textContent = text;
      drawing.append(name);
    }
    for (const side of [1, -1]) {
      const [x, y] = point(side * 69, radius * 0.9);
      const name = svg("text", { x, y, "text-anchor": "middle" });
      name.textContent = "out of phase";
      drawing.append(name);
    }
    for (const { colour, values } of curves) {
      const step = 180 / (values.length - 1);
      const points = values.map((db, i) => point(i * step - 90, reach(Math.max(db, lowestDb))));
      const d = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
      drawing.append(svg("g", { class: colour }, svg("path", { class: "curve", d })));
    }
    plot.replaceChildren(drawing);
  });
}

/** Width and correlation by band. groups: [{label, colour, bands: [{name, width, correlation}]}]. */
export function bandChart(host, label, groups) {
  const plot = html("div", { className: "plot", role: "img", "aria-label": label });
  host.replaceChildren(plot);
  const panels = [
    ["width", "side share, %: 0 mono, 50 uncorrelated", 0, 100, (b) => 100 * b.width],
    ["correlation", "correlation", -1, 1, (b) => b.correlation],
  ];
  redrawn(plot, (width) => {
    const u = unit();
    const [left, gap, rowHeight, titled] = [64, 44, 44, 22].map((size) => size * u);
    const names = groups[0].bands.map((band) => band.name);
    const panelWidth = (width - left - gap - 12 * u) / 2;
    const height = titled + names.length * rowHeight + 22 * u;
    const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    names.forEach((name, row) => {
      const written = svg("text", { x: 0, y: titled + (row + 0.5) * rowHeight + 4 * u });
      written.textContent = name;
      drawing.append(written);
    });
    panels.forEach(([key, title, low, high, of], column) => {
      const from = left + column * (panelWidth + gap);
      const x = linear(low, high, from, from + panelWidth);
      const heading = svg("text", { x: from, y: 10 * u, class: "strong" });
      heading.textContent = panelWidth < 200 ? title.split(":")[0].replace("correlation", "correl.") : title;
      drawing.append(heading);
      for (const { value, text } of ticks(low, high, panelWidth < 160 ? 2 : 4)) {
        drawing.append(svg("path", { class: "grid", d: `M${x(value)} ${titled}V${height - 20 * u}` }));
        const name = svg("text", { x: x(value), y: height - 6 * u, "text-anchor": "middle" });
        name.textContent = text;
        drawing.append(name);
      }
      names.forEach((_, row) => {
        const centre = titled + (row + 0.5) * rowHeight;
        drawing.append(svg("path", { class: "grid", d: `M${from} ${centre}H${from + panelWidth}` }));
        groups.forEach((group, place) => {
          const offset = (place - (groups.length - 1) / 2) * u * Math.min(10, 34 / groups.length);
          const dot = svg("circle", { class: "dot", cx: x(of(group.bands[row])), cy: centre + offset, r: 4.5 * u });
          const title = svg("title");
          title.textContent = `${group.label}, ${names[row]}: ${shown(of(group.bands[row]), key === "width" ? 0 : 2)}`;
          dot.append(title);
          drawing.append(svg("g", { class: group.colour }, dot));
        });
      });
    });
    plot.replaceChildren(drawing);
  });
}

/** Masked share by critical band, a row for each stem and masker. */
export function maskingChart(host, edgesHz, rows, colourOf) {
  const readout = html("p", { className: "readout", "aria-live": "polite" });
  const plot = html("div", { className: "plot", role: "img",
    "aria-label": "Masked share by critical band: " +
      rows.map((r) => `${r.stem} by ${r.masker} ${Math.round(100 * r.share)} %`).join(", ") });
  host.replaceChildren(readout, plot);
  redrawn(plot, (width) => {
    const narrow = width < 560;
    const u = unit();
    const [left, right, rowHeight] = [narrow ? 104 : 168, narrow ? 40 : 52, 20].map((s) => s * u);
    const cell = (width - left - right) / (edgesHz.length - 1);
    const tops = [];
    let height = 18 * u;
    rows.forEach((row, i) => {
      if (i && rows[i - 1].stem !== row.stem) height += 10 * u;
      tops.push(height);
      height += rowHeight;
    });
    const drawing = svg("svg", { width, height: height + 20 * u, viewBox: `0 0 ${width} ${height + 20 * u}` });
    const total = svg("text", { x: width, y: 10 * u, "text-anchor": "end" });
    total.textContent = "in all";
    drawing.append(total);
    rows.forEach((row, i) => {
      const first = !i || rows[i - 1].stem !== row.stem;
      const y = tops[i];
      drawing.append(svg("g", { class: colourOf(row.stem) },
        svg("rect", { class: "fill", x: 0, y, width: 4 * u, height: rowHeight })));
      const name = svg("text", { x: 10 * u, y: y + 14 * u, class: "strong" });
      name.textContent = first || narrow ? row.stem : "";
      const by = svg("text", { x: left - 8 * u, y: y + 14 * u, "text-anchor": "end" });
      by.textContent = narrow ? row.masker.replace(/^all others$/, "all") : `by ${row.masker}`;
      const share = svg("text", { x: width, y: y + 14 * u, "text-anchor": "end", class: "strong" });
      share.textContent = `${Math.round(100 * row.share)}\u00a0%`;
      drawing.append(name, by, share);
      const cells = svg("g", { class: colourOf(row.stem) });
      row.bands.forEach((value, band) => {
        const box = svg("rect", { x: left + band * cell, y, width: cell, height: rowHeight,
          class: value === null ? "cell none" : "cell", "fill-opacity": value === null ? 0 : 0.06 + 0.94 * value });
        box.addEventListener("pointerenter", () => {
          const range = `${shownHz(edgesHz[band])} to ${shownHz(edgesHz[band + 1])}`;
          readout.textContent = value === null ? `${range}: next to no ${row.stem}`
            : `${range}: ${Math.round(100 * value)} % of ${row.stem} hidden by ${row.masker}`;
        });
        cells.append(box);
      });
      drawing.append(cells);
    });
    let last = -100;
    for (const hz of FREQUENCY_TICKS) {
      const band = edgesHz.findLastIndex((edge) => edge <= hz);
      if (band < 0 || band === edgesHz.length - 1) continue;
      const x = left + cell * (band + (hz - edgesHz[band]) / (edgesHz[band + 1] - edgesHz[band]));
      if (x - last < 40 * u) continue;
      const text = hz >= 1000 ? `${hz / 1000}k` : hz;
      drawing.append(svg("path", { class: "grid", d: `M${x} ${height}v${3 * u}` }));
      const name = svg("text", { x, y: height + 14 * u, "text-anchor": "middle" });
      name.textContent = last < 0 ? shownHz(hz) : text;
      last = x;
      drawing.append(name);
    }
    plot.replaceChildren(drawing);
  });
  plot.onpointerleave = () => (readout.textContent = "");
}
