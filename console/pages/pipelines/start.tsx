import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { fieldsOf, filledWith, holds, inputOf, objectIn, type Field, type Filled } from './forms.ts';
import { useAction } from '../../parts/action.tsx';
import { Card, Link, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Fields } from './fields.tsx';
import { ForRole } from '../../parts/forRole.tsx';
import { Fault, Show } from '../../parts/polled.tsx';
import { runPath } from '../../parts/runs.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { go, query } from '../../router.ts';
import { PIPELINE_TABS } from './pipelines.tsx';
import { named, t } from './words/index.ts';

/** Every workflow that a person may start. */
export function StartList() {
  const listed = usePoll((signal) => api.workflows.list({ signal }), 'workflows', 0);
  return (
    <Page title={t('start.title')} lead={t('start.lead')}>
      <Tabs of={PIPELINE_TABS} say={t} />
      <ForRole least="operator">
        <Show of={listed}>
          {({ workflows }) => (
            <ul class="tiles">
              {workflows.map(({ name, description }) => (
                <li key={name}>
                  <Link to={`/pipelines/start/${name}`} class="tile">
                    <strong>{name}</strong>
                    <span>{whatItDoes(name, description)}</span>
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </Show>
      </ForRole>
    </Page>
  );
}

/** In the reader's language; as the API says it where there are no words for it. */
const whatItDoes = (workflow: string, description: string) =>
  named('workflow', workflow) === workflow ? description : named('workflow', workflow);

/** A form for a workflow's input, made from its schema. */
export function StartPage({ workflow }: { workflow: string }) {
  const listed = usePoll((signal) => api.workflows.list({ signal }), 'workflows', 0);
  return (
    <Page
      title={workflow}
      lead={
        <Link to="/pipelines/start" class="back">
          {t('start.back')}
        </Link>
      }
    >
      <ForRole least="operator">
        <Show of={listed}>
          {({ workflows }) => {
            const found = workflows.find(({ name }) => name === workflow);
            if (!found) return <p class="empty">{t('start.unknown')}</p>;
            return <StartForm workflow={workflow} description={found.description} fields={fieldsOf(found.input_schema)} />;
          }}
        </Show>
      </ForRole>
    </Page>
  );
}

function StartForm({ workflow, description, fields }: { workflow: string; description: string; fields: readonly Field[] }) {
  const [given] = useState(inputGiven);
  const [filled, setFilled] = useState<Filled>(() => (holds(fields, given) ? filledWith(fields, given) : {}));
  const [json, setJson] = useState(() => (holds(fields, given) ? undefined : JSON.stringify(given, null, 2)));
  const [run, setRun] = useState('');
  const input = readInput(() => (json === undefined ? inputOf(fields, filled) : objectIn(json)));
  const start = useAction(async () => {
    const { run_id: id } = await api.runs.start({ body: { workflow, input: input ?? {}, ...(run !== '' && { run }) } });
    go(runPath(id));
    return t('start.started', { run: id });
  });
  const onSubmit = (event: Event) => {
    event.preventDefault();
    if (input) void start.run();
  };
  return (
    <form class="form" onSubmit={onSubmit}>
      <p class="lead">{whatItDoes(workflow, description)}</p>
      {fields.length > 0 && (
        <Card
          title={t('start.input')}
          aside={
            json === undefined ? (
              <button type="button" class="quiet small" onClick={() => setJson(JSON.stringify(input ?? {}, null, 2))}>
                {t('start.asJson')}
              </button>
            ) : (
              input &&
              holds(fields, input) && (
                <button
                  type="button"
                  class="quiet small"
                  onClick={() => {
                    setFilled(filledWith(fields, input));
                    setJson(undefined);
                  }}
                >
                  {t('start.asForm')}
                </button>
              )
            )
          }
        >
          {json === undefined ? (
            <Fields of={fields} filled={filled} onChange={setFilled} prefix={workflow} />
          ) : (
            <div class="fields">
              <textarea
                aria-label={t('start.input')}
                rows={Math.min(24, json.split('\n').length + 1)}
                spellcheck={false}
                value={json}
                onInput={(event) => setJson(event.currentTarget.value)}
              />
            </div>
          )}
        </Card>
      )}
      <Card>
        <label class="field">
          <span class="field-name">{t('start.run')}</span>
          <input
            value={run}
            maxLength={100}
            pattern="[A-Za-z0-9._:+\-]*"
            placeholder={t('start.runMade')}
            onInput={(event) => setRun(event.currentTarget.value)}
          />
        </label>
        {start.error !== undefined && <Fault of={start.error} />}
        {!input && <p class="fault-line">{t('start.noJson')}</p>}
        <footer class="card-foot">
          <Command
            of={[
              'run',
              workflow,
              ...(input && Object.keys(input).length > 0 ? ['--input', JSON.stringify(input)] : []),
              ...(run ? ['--run', run] : []),
            ]}
          />
          <button type="submit" class="primary" disabled={start.isBusy || !input}>
            {t('start.start')}
          </button>
        </footer>
      </Card>
    </form>
  );
}

/** What another run had, where one is done again. */
function inputGiven(): unknown {
  try {
    return JSON.parse(query.value.get('input') ?? '{}') as unknown;
  } catch {
    return {};
  }
}

function readInput(read: () => Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
