"""How a notebook's page looks, and the few lines that draw its charts. Text alone, no logic."""

from __future__ import annotations

STYLE = """
:root {
  --paper: #fff; --ink: #1d2129; --faint: #626a75; --line: #dfe3e8; --shade: #f5f7f9; --accent: #0b5cad;
  --edge: rgb(40 50 60 / 0.28); --warn: #fff8e6; --warn-ink: #6b4e00; --bad: #fdeeee; --bad-ink: #9b1c1c;
  --word: #7a2e98; --text: #1d6b3a; --number: #9a4a00; --name: #0b5cad; --comment: #747d88;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e3e6ea; --faint: #98a1ac; --line: #31373f; --shade: #1e2329; --accent: #77b3f0;
    --edge: rgb(227 230 234 / 0.25); --warn: #2b2510; --warn-ink: #e8cf8a; --bad: #331a1a; --bad-ink: #f3a8a8;
    --word: #d2a0e8; --text: #8fd3a5; --number: #f0b37e; --name: #77b3f0; --comment: #828c98;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: break-word;
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
.text { max-width: 44rem; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.8em 0 0.5em; text-wrap: balance; }
h1 { font-size: 1.9rem; } h2 { font-size: 1.4rem; } h3 { font-size: 1.15rem; } h4, h5, h6 { font-size: 1rem; }
main > :first-child > :first-child { margin-top: 0; }
p, ul, ol, blockquote, table { margin: 0.7em 0; }
a { color: var(--accent); }
img, video { max-width: 100%; height: auto; }
blockquote { margin-left: 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--faint); }
hr { border: 0; border-top: 1px solid var(--line); margin: 2em 0; }
code, pre { font: 0.86rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
:not(pre) > code { background: var(--shade); padding: 0.1em 0.3em; border-radius: 4px; }
pre { margin: 0.6rem 0; padding: 0.7rem 0.9rem; background: var(--shade); border-radius: 6px; overflow-x: auto; }
pre > code { font: inherit; }
details { margin: 0.6rem 0; }
summary {
  cursor: pointer; color: var(--faint); font-size: 0.82rem; width: fit-content; border-radius: 4px;
}
summary:hover, summary:focus-visible { color: var(--accent); }
/* The shadow at a side says that there is more; covers that move with what is scrolled hide it where it ends. */
.output {
  margin: 0.7rem 0 1.1rem; overflow-x: auto;
  background: linear-gradient(to right, var(--paper) 40%, transparent) left / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 40%, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--edge), transparent) left / 0.9rem 100% no-repeat scroll,
    linear-gradient(to left, var(--edge), transparent) right / 0.9rem 100% no-repeat scroll;
}
.output > pre { margin: 0; }
.output > pre.result, .output > pre.stdout { background: none; border-left: 3px solid var(--line); border-radius: 0; }
.output > pre.stderr { background: var(--warn); color: var(--warn-ink); max-height: 20rem; }
.output > pre.error { background: var(--bad); color: var(--bad-ink); }
.note { color: var(--faint); font-size: 0.9rem; }
.elsewhere { overflow-wrap: anywhere; }
.picture { margin: 0; }
.picture img { display: block; }
.chart.plotly { width: 100%; }
.chart.vega { width: fit-content; max-width: 100%; overflow-x: auto; }
.output table, .text table { border-collapse: collapse; border: 0; font-size: 0.88rem; }
.output table { font-variant-numeric: tabular-nums; }
.output th, .output td, .text th, .text td {
  padding: 0.3rem 0.7rem; border: 0; border-bottom: 1px solid var(--line); vertical-align: top;
}
.text th { text-align: left; }
.output thead th, .text thead th { border-bottom: 2px solid var(--line); }
.dataframe tbody th { font-weight: 500; color: var(--faint); }
.output .dataframe th, .output .dataframe td { text-align: right; white-space: nowrap; }
.output .dataframe tbody th { text-align: left; }
.output small { color: var(--faint); }
math { font-size: 1.08em; }
.formula { overflow-x: auto; margin: 0.9em 0; }
.tex { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.88em; white-space: pre-wrap; }
.bold { font-weight: 700; }
.ansi-red { color: #c93434; } .ansi-green { color: #218a43; } .ansi-yellow { color: #a87400; }
.ansi-blue { color: #2a6fd0; } .ansi-magenta { color: #a23bbd; } .ansi-cyan { color: #14808a; }
.ansi-black, .ansi-white { color: inherit; }
pre .k, pre .kn, pre .kc, pre .kd, pre .kr, pre .ow { color: var(--word); }
pre .s, pre .s1, pre .s2, pre .sa, pre .sd, pre .si, pre .se, pre .sb { color: var(--text); }
pre .m, pre .mi, pre .mf, pre .mh { color: var(--number); }
pre .nf, pre .nc, pre .nd, pre .nt { color: var(--name); }
pre .c, pre .c1, pre .cm, pre .ch { color: var(--comment); font-style: italic; }
@media (prefers-color-scheme: dark) {
  /* Charts are drawn for paper. */
  .picture img, .chart { background: #fff; border-radius: 6px; }
  .picture img { padding: 0.4rem; }
  .chart .picture img { padding: 0; }
  .sk-global { color-scheme: light; background: #fff; padding: 0.4rem; border-radius: 6px; width: fit-content; }
}
@media print {
  main { max-width: none; padding: 0; }
  details:not([open]) { display: none; }
  .output { background: none; }
  .output, .picture { overflow: visible; break-inside: avoid; }
  pre { white-space: pre-wrap; }
}
"""

SCRIPT = """
for (const place of document.querySelectorAll(".chart")) {
  const told = place.querySelector('script[type="application/json"]');
  const chart = JSON.parse(told.textContent);
  if (place.classList.contains("plotly") && window.Plotly) {
    const settings = {responsive: true, displaylogo: false, ...(chart.config || {})};
    place.querySelector(".note").remove();
    Plotly.newPlot(place, chart.data || [], chart.layout || {}, settings).then(drawn => {
      if (chart.frames) Plotly.addFrames(drawn, chart.frames);
    });
  }
  if (place.classList.contains("vega") && window.vegaEmbed) {
    const live = document.createElement("div");
    place.append(live);
    vegaEmbed(live, chart, {actions: false, renderer: "svg"})
      .then(() => place.querySelector(".picture").remove())
      .catch(() => live.remove());
  }
}
"""
