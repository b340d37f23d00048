import type { FeatureDistribution } from '../../../contracts/featureRegistry.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import type { Line, Sample } from '../../chart.ts';
import { numberText } from '../../format.ts';
import { Card, Empty } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Lines } from '../../parts/lines.tsx';
import { Show } from '../../parts/polled.tsx';
import { query, setQuery } from '../../router.ts';
import { language } from '../../settings.ts';
import { t } from './words/index.ts';

/** In days, up to the newest row */
const SPANS = ['30', '90', '365', '3650'] as const;
const USUAL_SPAN = '365';

/** How the values of a view went over time: how empty, and where the numbers lie. */
export function Distribution({ view }: { view: string }) {
  const days = SPANS.find((span) => span === query.value.get('days')) ?? USUAL_SPAN;
  const polled = usePoll((signal) => api.features.distribution({ params: { name: view }, query: { days }, signal }), `${view}|${days}`, 0);
  return (
    <Card
      title={t('features.overTime')}
      aside={
        <label class="inline">
          <span class="muted">{t('monitoring.span')}</span>{' '}
          <select value={days} onChange={(event) => setQuery({ days: event.currentTarget.value })}>
            {SPANS.map((span) => (
              <option key={span} value={span}>
                {t('system.daysOf', { days: span })}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <Show of={polled}>
        {(found) =>
          found.spans.length === 0 ? (
            <Empty title={t('features.noRows')}>
              <Command of={['features', 'materialize', '--view', view]} />
            </Empty>
          ) : (
            <Drawn of={found} />
          )
        }
      </Show>
      <footer class="card-foot">
        <Command of={['features', 'distribution', view, '--days', days]} />
        {polled.data && polled.data.sampled < 1 && (
          <span class="muted">{t('features.sampled', { share: numberText(polled.data.sampled * 100, language.value) })}</span>
        )}
      </footer>
    </Card>
  );
}

const secondsOf = (iso: string) => Date.parse(iso) / 1_000;

function Drawn({ of: { spans } }: { of: FeatureDistribution }) {
  const stepS = secondsOf(spans[0]!.until) - secondsOf(spans[0]!.from);
  // A point stands at the end of its span; the picture begins with the first.
  const span = { from: secondsOf(spans[0]!.until), until: secondsOf(spans.at(-1)!.until) };
  const names = spans[0]!.features.map(({ feature }) => feature);
  const line = (name: string, read: (one: FeatureDistribution['spans'][number]) => number | null | undefined): Line => ({
    name,
    points: spans.flatMap((one): Sample[] => {
      const value = read(one);
      return typeof value === 'number' ? [[secondsOf(one.until), value]] : [];
    }),
  });
  const of = (feature: string, figure: 'null_rate' | 'low' | 'middle' | 'high') =>
    line(t(`share.${figure}`), ({ features }) => features.find((one) => one.feature === feature)?.[figure]);
  const numbers = names.filter((feature) => of(feature, 'middle').points.length > 0);
  return (
    <div class="panel-grid pad">
      <Figure title={t('features.rows')} lines={[line(t('features.rows'), ({ rows }) => rows)]} {...{ span, stepS }} />
      <Figure
        title={t('features.nulls')}
        unit="percentunit"
        lines={names.map((name) => ({ ...of(name, 'null_rate'), name }))}
        {...{ span, stepS }}
      />
      {numbers.map((name) => (
        <Figure key={name} title={name} lines={[of(name, 'high'), of(name, 'middle'), of(name, 'low')]} {...{ span, stepS }} />
      ))}
    </div>
  );
}

interface FigureProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly span: { readonly from: number; readonly until: number };
  readonly stepS: number;
  readonly unit?: string;
}

const Figure = ({ title, lines, span, stepS, unit }: FigureProps) => (
  <section class="figure">
    <h3>{title}</h3>
    <Lines label={title} lines={lines} span={span} stepS={stepS} unit={unit} />
  </section>
);
