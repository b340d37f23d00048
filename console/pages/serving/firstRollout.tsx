import { judgedBy } from '../../api/built.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { StartLink } from '../../parts/startLink.tsx';
import { rolloutCandidate } from './rolloutCandidate.ts';
import { t } from './words/index.ts';

/** How a first rollout is begun: with a version that is there, or by training one. */
export function FirstRollout() {
  const models = usePoll((signal) => api.models.list({ signal }), 'models', 0);
  return (
    <Show of={models}>
      {({ models: all }) => {
        const candidate = rolloutCandidate(all, (name) => judgedBy[name] !== undefined);
        return candidate ? (
          <>
            <p>{t('rollouts.noneNext')}</p>
            <Command of={['canary', 'start', candidate.name, candidate.version]} />
          </>
        ) : (
          <>
            <p>{t('rollouts.noVersion')}</p>
            <StartLink workflow="movieTrainingPipeline">{t('models.train')}</StartLink>
            <Command of={['train']} />
          </>
        );
      }}
    </Show>
  );
}
