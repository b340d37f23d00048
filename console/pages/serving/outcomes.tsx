import type { ComponentChildren } from 'preact';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ago, Card, Empty, Link, Num, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { SERVING_TABS } from './tabs.ts';
import { t } from './words/index.ts';

const EVERY_MS = 30_000;
const GROUPS = ['version', 'route', 'variant', 'day'] as const;

/** What users did with what they were shown in the last week. */
export function Outcomes() {
  const by = GROUPS.find((group) => group === query.value.get('by')) ?? 'version';
  const polled = usePoll((signal) => api.outcomes.list({ query: { by, limit: 100 }, signal }), by, EVERY_MS);
  return (
    <Page title={t('serving.outcomes')} lead={t('outcomes.lead')}>
      <Tabs of={SERVING_TABS} say={t} />
      <div class="filters">
        <label>
          {t('outcomes.by')}
          <select value={by} onChange={(event) => setQuery({ by: event.currentTarget.value })}>
            {GROUPS.map((group) => (
              <option key={group} value={group}>
                {t(`outcomes.${group}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Card>
        <Show of={polled}>
          {({ rows, counted_to: counted }) =>
            rows.length === 0 ? (
              <Empty title={t('outcomes.none')}>
                <Link to="/serving?user=1" class="button">
                  {t('serving.try')}
                </Link>
              </Empty>
            ) : (
              <>
                <Table
                  label={t('serving.outcomes')}
                  columns={[t(`outcomes.${by}`), ...FIGURES.map(([word]) => ({ title: t(word), class: 'right' as const }))]}
                >
                  {rows.map((row) => {
                    const name = [row.day, row.route, row.variant, row.model, row.version].filter(Boolean).join(' ');
                    return (
                      <tr key={name}>
                        <td class="strong nowrap">{name}</td>
                        {FIGURES.map(([word, figure]) => (
                          <td key={word} class="right">
                            {figure(row)}
                          </td>
                        ))}
                      </tr>
                    );
                  })}
                </Table>
                <footer class="card-foot">
                  <Command of={['outcomes', '--by', by]} />
                  <span class="muted">
                    {t('outcomes.counted')} <Ago at={counted} />
                  </span>
                </footer>
              </>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

type Row = Awaited<ReturnType<typeof api.outcomes.list>>['rows'][number];

const FIGURES = [
  ['outcomes.answers', ({ answers }: Row): ComponentChildren => <Num of={answers} />],
  ['outcomes.clickRate', ({ click_through_rate: rate }: Row) => <Num of={rate} />],
  ['outcomes.conversion', ({ conversion_rate: rate }: Row) => <Num of={rate} />],
  ['outcomes.position', ({ mean_position: position }: Row) => <Num of={position} />],
  ['outcomes.likes', ({ like_share: share }: Row) => <Num of={share} />],
  ['outcomes.coverage', ({ coverage }: Row) => <Num of={coverage} />],
] as const;
