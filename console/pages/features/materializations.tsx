import type { MaterializationInput } from '../../../contracts/materialization.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card, Empty, Link } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { StartLink } from '../../parts/forRole.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunTable } from '../../parts/runs.tsx';
import { t } from './words/index.ts';

const WORKFLOW = 'featureMaterialization';
const LOOKED_AT = 50;
const SHOWN = 10;
const EVERY_MS = 10_000;

/** The latest runs that wrote values. @param view that they wrote; any where it is missing */
export function Materializations({ view }: { view?: string }) {
  const runs = usePoll(
    (signal) => api.runs.list({ query: { workflow: WORKFLOW, limit: LOOKED_AT }, signal }),
    'materializations',
    EVERY_MS,
  );
  const command = ['features', 'materialize', ...(view === undefined ? [] : ['--view', view])];
  return (
    <Card
      title={t('features.runs')}
      aside={
        <Link to={`/pipelines?workflow=${WORKFLOW}`} class="button small">
          {t('overview.allRuns')}
        </Link>
      }
    >
      <Show of={runs}>
        {({ runs: all }) => {
          const own = all.filter(({ input }) => view === undefined || isAbout(input, view)).slice(0, SHOWN);
          return own.length === 0 ? (
            <Empty title={t('features.noRuns')}>
              <StartLink workflow={WORKFLOW}>{t('features.materialize')}</StartLink>
              <Command of={command} />
            </Empty>
          ) : (
            <>
              <RunTable runs={own} />
              <footer class="card-foot">
                <Command of={command} />
              </footer>
            </>
          );
        }}
      </Show>
    </Card>
  );
}

/** A run that names no view is about all of them. */
const isAbout = (input: unknown, view: string): boolean => (input as MaterializationInput | null)?.views?.includes(view) ?? true;
