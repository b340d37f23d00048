import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card, Empty, Link, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { ForRole } from '../../parts/forRole.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Name } from '../../parts/name.tsx';
import { query } from '../../router.ts';
import { SendTest } from './sendTest.tsx';
import { EVENT_TABS } from './tabs.ts';
import { Tail } from './tail.tsx';
import { t } from './words/index.ts';

const EVERY_MS = 3_000;

/** Topics with their lag, and what comes in as it comes. */
export function Events() {
  const topics = usePoll((signal) => api.topics.list({ signal }), 'topics', EVERY_MS);
  const groups = usePoll((signal) => api.topics.groups({ signal }), 'groups', EVERY_MS);
  const topic = query.value.get('topic');
  const filter = query.value.get('filter') ?? '';
  const since = query.value.get('since') ?? '';
  const shown = topics.data?.topics.find((one) => one.topic === topic);
  return (
    <Page title={t('nav.events')} lead={t('events.lead')} actions={<SendTest />}>
      <Tabs of={EVENT_TABS} say={t} />
      <div class="columns">
        <Card title={t('events.topics')}>
          <Show of={topics}>
            {({ topics: all }) =>
              all.length === 0 ? (
                <Empty title={t('events.none')}>
                  <p>{t('events.noneNext')}</p>
                  <Command of={['status']} />
                </Empty>
              ) : (
                <Table
                  label={t('events.topics')}
                  columns={[
                    t('events.topic'),
                    { title: t('events.partitions'), class: 'right' },
                    { title: t('events.messages'), class: 'right' },
                  ]}
                >
                  {all.map(({ topic: name, partitions, messages }) => (
                    <tr key={name} {...(name === topic && { class: 'chosen' })}>
                      <td>
                        <Link to={`/events?topic=${encodeURIComponent(name)}`} class="strong break">
                          <Name of={name} />
                        </Link>
                      </td>
                      <td class="right">
                        <Num of={partitions.length} />
                      </td>
                      <td class="right">
                        <Num of={messages} />
                      </td>
                    </tr>
                  ))}
                </Table>
              )
            }
          </Show>
        </Card>
        <Card title={t('events.groups')}>
          <Show of={groups}>
            {({ groups: all }) =>
              all.length === 0 ? (
                <Empty title={t('events.noGroups')} />
              ) : (
                <Table
                  label={t('events.groups')}
                  columns={[t('events.group'), t('runs.state'), { title: t('events.lag'), class: 'right' }]}
                >
                  {all.map(({ group, state, lag }) => (
                    <tr key={group}>
                      <td class="break">
                        <Name of={group} />
                      </td>
                      <td>
                        <State of={state} />
                      </td>
                      <td class="right">
                        <Num of={lag} />
                      </td>
                    </tr>
                  ))}
                </Table>
              )
            }
          </Show>
        </Card>
      </div>
      {shown && (
        <ForRole least="operator">
          <Tail key={`${shown.topic}|${filter}|${since}`} of={shown} filter={filter} since={since} />
        </ForRole>
      )}
    </Page>
  );
}
