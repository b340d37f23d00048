import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeadLetter } from '../../../contracts/deadLetters.ts';
import type { BytesText, TopicMessage, TopicRow } from '../../../contracts/topics.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { useAction } from '../../parts/action.tsx';
import { Ago, Card, Empty, Json, Link, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Fault, Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { t } from '../../words/index.ts';

const EVENT_TABS = [
  ['/events', 'events.topics'],
  ['/events/dead-letters', 'events.letters'],
] as const;
const EVERY_MS = 3_000;

/** Topics with their lag, and what comes in as it comes. */
export function Events() {
  const topics = usePoll((signal) => api.topics.list({ signal }), 'topics', EVERY_MS);
  const groups = usePoll((signal) => api.topics.groups({ signal }), 'groups', EVERY_MS);
  const topic = query.value.get('topic');
  const filter = query.value.get('filter') ?? '';
  const shown = topics.data?.topics.find((one) => one.topic === topic);
  return (
    <Page title={t('nav.events')} lead={t('events.lead')}>
      <Tabs of={EVENT_TABS} />
      <div class="columns">
        <Card title={t('events.topics')}>
          <Show of={topics}>
            {({ topics: all }) =>
              all.length === 0 ? (
                <Empty title={t('events.none')} />
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
                          {name}
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
                      <td class="break">{group}</td>
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
      {shown && <Tail key={`${shown.topic}|${filter}`} of={shown} filter={filter} />}
    </Page>
  );
}

const SHOWN = 200;
const TAIL_EVERY_MS = 1_500;
/** Without a filter the latest are shown: so many of each partition. */
const LATEST = 50;

/** Where to begin, so that the latest messages are read and not all before them. */
const nearEnd = ({ partitions }: TopicRow): string =>
  partitions.map(({ partition, first_offset: first, next_offset: next }) => `${partition}:${Math.max(first, next - LATEST)}`).join(',');

/** Messages of a topic, the latest first, and what comes; with a filter all that there are. */
function Tail({ of, filter }: { of: TopicRow; filter: string }) {
  const { topic } = of;
  const [typed, setTyped] = useState(filter);
  const [messages, setMessages] = useState<readonly TopicMessage[]>([]);
  const [chosen, setChosen] = useState<TopicMessage>();
  const next = useRef(filter === '' && of.partitions.length > 0 ? nearEnd(of) : undefined);
  const page = usePoll(
    (signal) => {
      const query = { limit: 500, ...(next.current !== undefined && { after: next.current }), ...(filter !== '' && { filter }) };
      return api.topics.messages({ params: { topic }, query, signal });
    },
    `${topic}|${filter}`,
    TAIL_EVERY_MS,
  );
  const { data, refresh } = page;
  useEffect(() => {
    if (!data || data.next === next.current) return;
    next.current = data.next;
    setMessages((before) => [...data.messages.toReversed(), ...before].slice(0, SHOWN));
    if (!data.is_at_end) refresh();
  }, [data, refresh]);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    setQuery({ filter: typed });
  };
  return (
    <Card title={topic} aside={<span class="muted">{t('events.follows')}</span>}>
      <form class="filters pad" onSubmit={onSubmit}>
        <label>
          {t('events.filter')}
          <input value={typed} placeholder="user_id=1" onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
        <button type="submit">{t('events.find')}</button>
      </form>
      {page.error !== undefined && <Fault of={page.error} />}
      {messages.length === 0 ? (
        <Empty title={data ? t('events.noMessages') : t('common.loading')} />
      ) : (
        <Table label={topic} columns={[t('events.at'), t('events.offset'), t('events.key'), t('events.value')]}>
          {messages.map((message) => (
            <tr key={`${message.partition}:${message.offset}`}>
              <td class="nowrap">
                <Ago at={message.timestamp} />
              </td>
              <td class="nowrap">
                <button
                  type="button"
                  class="quiet small"
                  onClick={() => setChosen(chosen === message ? undefined : message)}
                  aria-expanded={chosen === message}
                >
                  {message.partition}:{message.offset}
                </button>
              </td>
              <td class="mono cut">{bytesText(message.key)}</td>
              <td class="mono">
                {chosen === message ? (
                  <Json of={readJson(message)} label={t('events.value')} />
                ) : (
                  <span class="cut long">{bytesText(message.value)}</span>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <footer class="card-foot">
        <Command of={['events', 'tail', topic, ...(filter ? ['--filter', filter] : [])]} />
      </footer>
    </Card>
  );
}

const bytesText = (bytes: BytesText): string => (bytes === null ? '–' : typeof bytes === 'string' ? bytes : bytes.base64);

function readJson({ value, headers }: TopicMessage): unknown {
  const shown = { value: value as unknown, ...(headers.length > 0 && { headers }) };
  if (typeof value !== 'string') return shown;
  try {
    return { ...shown, value: JSON.parse(value) as unknown };
  } catch {
    return shown;
  }
}

const CONSUMED = ['user-events', 'model-drift-alerts', 'system-health'] as const;

/** Messages that could not be taken: why, and what is to become of them. */
export function DeadLetters() {
  const topic = CONSUMED.find((name) => name === query.value.get('topic')) ?? CONSUMED[0];
  const polled = usePoll((signal) => api.deadLetters.list({ query: { topic, state: 'all', limit: 100 }, signal }), topic, EVERY_MS);
  return (
    <Page title={t('events.letters')} lead={t('letters.lead')}>
      <Tabs of={EVENT_TABS} />
      <div class="filters">
        <label>
          {t('events.topic')}
          <select value={topic} onChange={(event) => setQuery({ topic: event.currentTarget.value })}>
            {CONSUMED.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Card>
        <Show of={polled}>
          {({ dead_letters: letters }) =>
            letters.length === 0 ? (
              <Empty title={t('letters.none')} />
            ) : (
              <>
                <Table
                  label={t('events.letters')}
                  columns={[
                    t('letters.letter'),
                    t('runs.state'),
                    t('letters.why'),
                    t('events.at'),
                    { title: t('common.actions'), isHidden: true },
                  ]}
                >
                  {letters.map((letter) => (
                    <LetterRow key={letter.id} of={letter} onChange={polled.refresh} />
                  ))}
                </Table>
                <footer class="card-foot">
                  <Command of={['events', 'dlt', 'list']} />
                </footer>
              </>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

function LetterRow({ of, onChange }: { of: DeadLetter; onChange: () => void }) {
  const decide = useAction(async (deed: 'replay' | 'drop') => {
    const { dead_letters: outcomes } = await api.deadLetters[deed]({ body: { ids: [of.id] } });
    onChange();
    return t('letters.done', { letter: of.id, outcome: outcomes[0]?.outcome ?? '' });
  });
  return (
    <tr>
      <td>
        <span class="mono break">{of.id}</span>
        <p class="row-note cut long mono">{bytesText(of.value)}</p>
      </td>
      <td>
        <State of={of.state} group="letter" />
      </td>
      <td class="break">
        {of.error}
        {decide.error !== undefined && <Fault of={decide.error} />}
      </td>
      <td class="nowrap">
        <Ago at={of.timestamp} />
      </td>
      <td class="right nowrap">
        {may('operator') && of.state === 'waiting' && (
          <>
            <button
              type="button"
              class="small"
              disabled={decide.isBusy}
              title={`mlops events dlt replay ${of.id}`}
              onClick={() => void decide.run('replay')}
            >
              {t('letters.replay')}
            </button>{' '}
            <button
              type="button"
              class="small"
              disabled={decide.isBusy}
              title={`mlops events dlt drop ${of.id}`}
              onClick={() => void decide.run('drop')}
            >
              {t('letters.drop')}
            </button>
          </>
        )}
      </td>
    </tr>
  );
}
