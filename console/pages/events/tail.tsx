import { useEffect, useRef, useState } from 'preact/hooks';
import type { TopicMessage, TopicRow } from '../../../contracts/topics.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { fieldText, momentOf } from '../../format.ts';
import { Ago, Card, Empty, Json, Link } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Fault } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { setQuery } from '../../router.ts';
import { bytesText, filterOf, leftBehind, readFilter, readValue, type LookedFor } from './bytes.ts';
import { t } from './words/index.ts';

const SHOWN = 200;
const EVERY_MS = 1_500;
/** Where nothing is looked for the latest are shown: so many of each partition. */
const LATEST = 50;

interface Props {
  readonly of: TopicRow;
  /** As the API takes it */
  readonly filter: string;
  /** ISO 8601, or nothing */
  readonly since: string;
}

/** Where to begin, so that the latest messages are read and not all before them. */
const nearEnd = ({ partitions }: TopicRow): string =>
  partitions.map(({ partition, first_offset: first, next_offset: next }) => `${partition}:${Math.max(first, next - LATEST)}`).join(',');

/** Messages of a topic, the latest first, and what comes; where something is looked for, all that there are, page by page. */
export function Tail({ of, filter, since }: Props) {
  const { topic } = of;
  const isFinding = filter !== '' || since !== '';
  const [isStopped, setStopped] = useState(false);
  const [messages, setMessages] = useState<readonly TopicMessage[]>([]);
  const next = useRef(!isFinding && of.partitions.length > 0 ? nearEnd(of) : undefined);
  const { data, error, refresh } = usePoll(
    (signal) => {
      const begin = next.current !== undefined ? { after: next.current } : since !== '' && { since };
      return api.topics.messages({ params: { topic }, query: { limit: 500, ...begin, ...(filter !== '' && { filter }) }, signal });
    },
    `${topic}|${filter}|${since}`,
    isStopped ? 0 : EVERY_MS,
  );
  useEffect(() => {
    if (!data || data.next === next.current) return;
    next.current = data.next;
    setMessages((before) => [...data.messages.toReversed(), ...before].slice(0, SHOWN));
    if (!data.is_at_end && !isStopped) refresh();
  }, [data, refresh]);
  const left = data && !data.is_at_end ? leftBehind(data.next, of.partitions) : 0;
  return (
    <Card
      title={topic}
      aside={
        <span class="actions">
          <span class="muted" role="status">
            {isStopped ? t('events.stopped') : left > 0 ? t('events.left', { count: left }) : t('events.follows')}
          </span>
          <button type="button" class="small" onClick={() => setStopped(!isStopped)}>
            {t(isStopped ? 'events.goOn' : 'events.stop')}
          </button>
        </span>
      }
    >
      <Finder filter={filter} since={since} />
      {error !== undefined && <Fault of={error} />}
      {messages.length === 0 ? (
        <Empty title={data && left === 0 ? t('events.noMessages') : t('common.loading')}>
          {data && left === 0 && isFinding && <p>{t('events.noMessagesNext')}</p>}
        </Empty>
      ) : (
        <Messages of={messages} topic={topic} />
      )}
      <footer class="card-foot">
        <Command
          of={[
            'events',
            'tail',
            topic,
            ...(since ? ['--since', since] : filter ? ['--from-beginning'] : []),
            ...(filter ? ['--filter', filter] : []),
          ]}
        />
      </footer>
    </Card>
  );
}

const KINDS: readonly LookedFor[] = ['text', 'event', 'user'];

/** What is looked for, and from when on. */
function Finder({ filter, since }: Pick<Props, 'filter' | 'since'>) {
  const [begunBy, begun] = readFilter(filter);
  const [by, setBy] = useState(begunBy);
  const [wanted, setWanted] = useState(begun);
  const [from, setFrom] = useState(fieldText(since));
  const onSubmit = (event: Event) => {
    event.preventDefault();
    setQuery({ filter: filterOf(by, wanted.trim()), since: momentOf(from) });
  };
  return (
    <form class="filters pad" onSubmit={onSubmit}>
      <label>
        {t('events.by')}
        <select value={by} onChange={(event) => setBy(event.currentTarget.value as LookedFor)}>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {t(`by.${kind}`)}
            </option>
          ))}
        </select>
      </label>
      <label class="grow">
        {t('events.wanted')}
        <input
          value={wanted}
          maxLength={400}
          placeholder={by === 'text' ? 'interaction_type=like' : ''}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      </label>
      <label>
        {t('events.since')}
        <input type="datetime-local" step={1} value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
      </label>
      <button type="submit" class="primary">
        {t('events.find')}
      </button>
      {(filter !== '' || since !== '') && (
        <button type="button" onClick={() => setQuery({ filter: '', since: '' })}>
          {t('common.clear')}
        </button>
      )}
    </form>
  );
}

function Messages({ of: messages, topic }: { of: readonly TopicMessage[]; topic: string }) {
  const [chosen, setChosen] = useState<TopicMessage>();
  return (
    <Table label={topic} columns={[t('events.at'), t('events.offset'), t('events.key'), t('events.value')]}>
      {messages.map((message) => {
        const place = `${message.partition}:${message.offset}`;
        return (
          <tr key={place}>
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
                {place}
              </button>
            </td>
            <td class="mono cut">{bytesText(message.key)}</td>
            <td class="mono">
              {chosen === message ? (
                <>
                  <Json of={readValue(message)} label={t('events.value')} />
                  <Link to={messagePath(topic, message)} class="button small">
                    {t('events.open')}
                  </Link>
                </>
              ) : (
                <span class="cut long">{bytesText(message.value)}</span>
              )}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

const messagePath = (topic: string, { partition, offset }: TopicMessage): string =>
  `/events/messages/${encodeURIComponent(topic)}/${partition}/${offset}`;
