import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Card, Empty, Link } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunTable } from '../../parts/runs.tsx';
import { StartLink } from '../../parts/startLink.tsx';
import { t } from './words/index.ts';

const WORKFLOW = 'featureMaterialization';
/** What brings values online, of whatever run: a collection does it too */
const STEP = 'bring_online';
const SHOWN = 10;
const EVERY_MS = 10_000;

/** The latest runs that wrote values. @param view that they wrote; any where it is missing */
export function Materializations({ view }: { view?: string }) {
  const query = { step: STEP, ...(view !== undefined && { part: view }), limit: SHOWN };
  const runs = usePoll((signal) => api.runs.list({ query, signal }), view ?? '', EVERY_MS);
  const command = ['features', 'materialize', ...(view === undefined ? [] : ['--view', view])];
  return (
    <Card
      title={t('features.runs')}
      aside={
        <Link to={`/pipelines?step=${STEP}`} class="button small">
          {t('overview.allRuns')}
        </Link>
      }
    >
      <Show of={runs}>
        {({ runs: own }) =>
          own.length === 0 ? (
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
          )
        }
      </Show>
    </Card>
  );
}
