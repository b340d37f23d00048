/** How report pages look; each carries it. */
export const PAGE_STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 760px; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem } p { margin: .3rem 0 }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #dde3e9; vertical-align: top }
  td.figure, th.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } .quiet { color: #5c6b7a; font-size: .9em; overflow-wrap: anywhere }
  .passed { color: #17693b } .refused { color: #a4262c } .key { margin-right: 1.2rem } .key::before { content: "● " }
  .key0::before { color: #1f5fa8 } .key1::before { color: #b3661b }
  svg { max-width: 100%; height: auto; font: 12px system-ui, sans-serif } svg text { fill: #3b4855 } .label { text-anchor: end } .tick { text-anchor: middle }
  .grid { stroke: #e6ebf0 } .reference { stroke: #5c6b7a; stroke-dasharray: 4 3 } line.series0, .curve { stroke: #1f5fa8; stroke-width: 2; fill: none }
  line.series1 { stroke: #b3661b; stroke-width: 2 } circle.series0 { fill: #1f5fa8 } circle.series1 { fill: #b3661b }`;

/** @param figuresFrom the first column whose cells are figures; cells are HTML */
export const table = (head: readonly string[], rows: readonly (readonly string[])[], figuresFrom = Infinity) => {
  const cell = (tag: 'th' | 'td') => (text: string, at: number) => `<${tag}${at >= figuresFrom ? ' class="figure"' : ''}>${text}</${tag}>`;
  const row = (cells: readonly string[], tag: 'th' | 'td') => `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
};
