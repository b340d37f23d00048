import * as common from '@grafana/grafana-foundation-sdk/common';
import { DatasourceVariableBuilder, ThresholdsConfigBuilder, ThresholdsMode, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

export type { Panel };

/** A query in Prometheus's own language, and what each of its series is called: `{{label}}` is the value of a label. */
export type Query = readonly [expr: string, legend: string];

interface About {
  /** As Grafana calls units: `percentunit` is 0 to 1, `s` seconds, `reqps` requests a second */
  readonly unit?: string;
  readonly description?: string;
  /** Of the 24 columns of a page */
  readonly width?: number;
}

interface Bounds {
  /** From here on it is shown in yellow, and in red */
  readonly yellow?: number;
  readonly red?: number;
}

const SOURCE = 'datasource';
/** Chosen on the page, so that a dashboard can be put into any Grafana. */
export const sourceVariable = () => new DatasourceVariableBuilder(SOURCE).label('Prometheus').type('prometheus');
const source = { type: 'prometheus', uid: `\${${SOURCE}}` };

const HEIGHT = 8;
const STAT_HEIGHT = 4;

/** Lines over time, one for each series of each query. */
export function graph(title: string, queries: readonly Query[], about: About = {}): Builder<Panel> {
  const panel = new GraphBuilder()
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))
    .fillOpacity(8)
    .axisSoftMin(0);
  return described(panel, title, about)
    .height(HEIGHT)
    .span(about.width ?? 8)
    .targets(queries.map(([expr, legend], nth) => query(expr, legend, nth).range()));
}

/** The latest value of each series, large, in the colour of the bound that it is beyond. */
export function stat(title: string, [expr, legend]: Query, about: About & Bounds = {}): Builder<Panel> {
  const { yellow, red } = about;
  const steps = [
    { value: null, color: 'green' },
    ...(yellow === undefined ? [] : [{ value: yellow, color: 'yellow' }]),
    ...(red === undefined ? [] : [{ value: red, color: 'red' }]),
  ];
  const panel = new StatBuilder()
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .graphMode(common.BigValueGraphMode.Area)
    .textMode(legend === '' ? common.BigValueTextMode.Value : common.BigValueTextMode.ValueAndName);
  return described(panel, title, about)
    .height(STAT_HEIGHT)
    .span(about.width ?? 4)
    .targets([query(expr, legend, 0)]);
}

function described<P extends GraphBuilder | StatBuilder>(panel: P, title: string, { unit, description }: About): P {
  panel.title(title).datasource(source);
  if (unit !== undefined) panel.unit(unit);
  if (description !== undefined) panel.description(description);
  return panel;
}

const query = (expr: string, legend: string, nth: number) =>
  new DataqueryBuilder()
    .expr(expr)
    .legendFormat(legend)
    .refId(String.fromCharCode('A'.charCodeAt(0) + nth))
    .datasource(source);
