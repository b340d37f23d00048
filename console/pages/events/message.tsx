import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { timeText } from '../../format.ts';
import { Card, Facts, Json, Link, Num, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { ForRole } from '../../parts/forRole.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { language } from '../../settings.ts';
import { bytesText, readValue } from './bytes.ts';
import { t } from './words/index.ts';

interface Place {
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
}

/** One message: where it lies, what is said beside it, and all of its value. */
export function MessagePage(place: Place) {
  const { topic, partition, offset } = place;
  return (
    <Page
      title={`${topic} ${partition}:${offset}`}
      lead={
        <Link to={`/events?topic=${encodeURIComponent(topic)}`} class="back">
          {topic}
        </Link>
      }
      actions={<Beside {...place} />}
    >
      <ForRole least="operator">
        <Message {...place} />
      </ForRole>
    </Page>
  );
}

function Message(place: Place) {
  const { topic, partition, offset } = place;
  const polled = usePoll((signal) => api.topics.message({ params: { topic, partition, offset }, signal }), JSON.stringify(place), 0);
  return (
    <Show of={polled}>
      {(message) => {
        const value = readValue(message);
        const shown = message.value_bytes ?? 0;
        return (
          <>
            <Card>
              <Facts
                of={[
                  [t('events.at'), message.timestamp === null ? '–' : timeText(message.timestamp, language.value)],
                  [t('events.key'), <span class="mono break">{bytesText(message.key)}</span>],
                  [t('events.partition'), <Num of={message.partition} />],
                  [t('events.offsetAlone'), <Num of={message.offset} />],
                  [t('events.bytes'), <Num of={shown} />],
                ]}
              />
              <footer class="card-foot">
                <Command of={['events', 'show', topic, `${partition}:${offset}`]} />
                <SameUser topic={topic} of={value} />
              </footer>
            </Card>
            {message.headers.length > 0 && (
              <Card title={t('events.headers')}>
                <Table label={t('events.headers')} class="pairs">
                  {message.headers.map(({ name, value: said }, at) => (
                    <tr key={at}>
                      <th scope="row" class="mono">
                        {name}
                      </th>
                      <td class="mono break">{bytesText(said)}</td>
                    </tr>
                  ))}
                </Table>
              </Card>
            )}
            <Card title={t('events.value')}>
              {typeof value === 'string' ? (
                <pre class="json" tabIndex={0} role="region" aria-label={t('events.value')}>
                  {value}
                </pre>
              ) : (
                <Json of={value} label={t('events.value')} />
              )}
            </Card>
          </>
        );
      }}
    </Show>
  );
}

/** The messages before and after it in its partition. */
const Beside = ({ topic, partition, offset }: Place) => (
  <>
    {([-1, 1] as const)
      .filter((step) => Number(offset) + step >= 0)
      .map((step) => (
        <Link key={step} to={`/events/messages/${encodeURIComponent(topic)}/${partition}/${Number(offset) + step}`} class="button small">
          {t(step < 0 ? 'events.before' : 'events.after')}
        </Link>
      ))}
  </>
);

function SameUser({ topic, of }: { topic: string; of: unknown }) {
  const user = (of as { user_id?: unknown } | null)?.user_id;
  if (typeof user !== 'string' && typeof user !== 'number') return null;
  const filter = encodeURIComponent(`user_id=${user}`);
  return <Link to={`/events?topic=${encodeURIComponent(topic)}&filter=${filter}`}>{t('events.sameUser', { user })}</Link>;
}
