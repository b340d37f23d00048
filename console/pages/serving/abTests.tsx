import type { AbTest } from '../../../contracts/abTests.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { numberText } from '../../format.ts';
import { Ago, Card, Empty, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { language } from '../../settings.ts';
import { FirstTest } from './addVariant.tsx';
import { SERVING_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 15_000;

/** How variants of routes do against one another, on real users. */
export function AbTests() {
  const listed = usePoll((signal) => api.abTests.list({ signal }), 'tests', EVERY_MS);
  return (
    <Page title={t('serving.tests')} lead={t('tests.lead')}>
      <Tabs of={SERVING_TABS} say={t} />
      <Show of={listed}>
        {({ routes }) =>
          routes.length === 0 ? (
            <Card>
              <Empty title={t('tests.none')}>
                <p>{t('tests.noneNext')}</p>
                <FirstTest />
              </Empty>
            </Card>
          ) : (
            routes.map((route) => <Test key={route} route={route} />)
          )
        }
      </Show>
    </Page>
  );
}

function Test({ route }: { route: string }) {
  const polled = usePoll((signal) => api.abTests.get({ params: { route }, signal }), route, EVERY_MS);
  return (
    <Card title={route} aside={polled.data?.since && <Since of={polled.data.since} />}>
      <Show of={polled}>
        {(test) => (
          <>
            {test.sample_ratio.mismatch && <p class="fault-line">{t('tests.mismatch')}</p>}
            <Variants of={test} />
            <Comparisons of={test} />
          </>
        )}
      </Show>
      <footer class="card-foot">
        <Command of={['ab', route]} />
      </footer>
    </Card>
  );
}

const Since = ({ of }: { of: string }) => (
  <span class="muted">
    {t('tests.since')} <Ago at={of} />
  </span>
);

const Variants = ({ of: { route, variants } }: { of: AbTest }) => (
  <Table
    label={`${route}: ${t('routes.variant')}`}
    columns={[
      t('routes.variant'),
      { title: t('tests.users'), class: 'right' },
      { title: t('outcomes.answers'), class: 'right' },
      { title: t('outcomes.clickRate'), class: 'right' },
      { title: t('outcomes.likes'), class: 'right wide' },
      { title: t('outcomes.position'), class: 'right wide' },
    ]}
  >
    {variants.map(({ name, users, answers, metrics, mean_position: position }) => (
      <tr key={name}>
        <td class="strong">{name}</td>
        {[users, answers, metrics.click_through_rate].map((figure, nth) => (
          <td key={nth} class="right">
            <Num of={figure} />
          </td>
        ))}
        {[metrics.liked, position].map((figure, nth) => (
          <td key={nth} class="right wide">
            <Num of={figure} />
          </td>
        ))}
      </tr>
    ))}
  </Table>
);

type Comparison = AbTest['comparisons'][number];

const Comparisons = ({ of: { route, comparisons } }: { of: AbTest }) => (
  <Table
    label={`${route}: ${t('tests.difference')}`}
    columns={[t('model.metric'), t('tests.against'), t('tests.difference'), t('gate.verdict')]}
  >
    {comparisons.map((one) => (
      <tr key={`${one.metric} ${one.control} ${one.treatment}`}>
        <td class="mono">{one.metric}</td>
        <td>
          {one.treatment} − {one.control}
        </td>
        <td>
          <Interval of={one} all={comparisons} />
        </td>
        <td>
          {one.missing === null ? (
            <State of={one.decided ? 'decided' : 'open'} label={named('test', one.decided ? 'decided' : 'open')} />
          ) : (
            t(`test.${one.missing}`)
          )}
        </td>
      </tr>
    ))}
  </Table>
);

const WIDE = 220;
const HIGH = 20;

/** A difference with the interval that it lies in, on one scale for all of its metric; the line in the middle is no difference at all. */
function Interval({ of: { metric, difference, low, high }, all }: { of: Comparison; all: readonly Comparison[] }) {
  if (difference === null || low === null || high === null) return <span class="muted">–</span>;
  const ends = all.flatMap((one) => (one.metric === metric ? [one.low ?? 0, one.high ?? 0] : []));
  const most = Math.max(1e-9, ...ends.map(Math.abs));
  const at = (value: number) => (WIDE / 2) * (1 + value / most);
  const [said, from, to] = [difference, low, high].map((value) => numberText(Number(value.toPrecision(3)), language.value));
  const tone = low > 0 ? 'ok' : high < 0 ? 'bad' : 'idle';
  return (
    <span class={`interval ${tone}`}>
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={`${said} [${from}, ${to}]`}>
        <line class="interval-none" x1={WIDE / 2} x2={WIDE / 2} y1="0" y2={HIGH} />
        <line class="interval-line" x1={at(low)} x2={at(high)} y1={HIGH / 2} y2={HIGH / 2} />
        <circle class="interval-point" cx={at(difference)} cy={HIGH / 2} r="4" />
      </svg>
      <span class="number nowrap">
        {said}{' '}
        <span class="muted">
          [{from}, {to}]
        </span>
      </span>
    </span>
  );
}
