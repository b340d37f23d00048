import { signal } from '@preact/signals';
import { keep, readKept } from '../kept.ts';
import { go, path } from '../router.ts';
import { t } from '../words/index.ts';
import { Card } from './basics.tsx';

/** Where each step is looked at. */
const STEPS = [
  ['/data', 'data'],
  ['/features', 'features'],
  ['/pipelines?workflow=movieTrainingPipeline', 'training'],
  ['/models', 'models'],
  ['/serving?user=1', 'try'],
] as const;
const KEPT = 'tour';
const OVER = 'over';

/** The step that is shown, from 0; `offered` to whoever is new here, `over` for good. */
const at = signal<number | 'offered' | typeof OVER>(placeOf(readKept(KEPT)));

function placeOf(kept: string | null) {
  if (kept === OVER) return OVER;
  return kept !== null && STEPS[Number(kept)] ? Number(kept) : 'offered';
}

function show(step: number) {
  at.value = step;
  keep(KEPT, String(step));
  go(STEPS[step]![0]);
}

function end() {
  at.value = OVER;
  keep(KEPT, OVER);
}

export const beginTour = () => show(0);

/** To whoever comes for the first time: five steps from data to a recommendation that follows what they like. */
export const TourOffer = () =>
  at.value !== 'offered' ? null : (
    <Card class="tour-offer">
      <p>
        <strong>{t('tour.new')}</strong> {t('tour.offer')}
      </p>
      <span class="actions">
        <button type="button" class="primary small" onClick={beginTour}>
          {t('tour.begin')}
        </button>
        <button type="button" class="quiet small" onClick={end}>
          {t('tour.skip')}
        </button>
      </span>
    </Card>
  );

/** The step that one is at, beside whatever page is open. */
export function Tour() {
  const step = at.value;
  if (typeof step !== 'number') return null;
  const [place, name] = STEPS[step]!;
  const isLast = step === STEPS.length - 1;
  const isElsewhere = path.value !== place.split('?')[0];
  return (
    <section class="tour" aria-label={t('tour.title')} aria-live="polite">
      <p class="muted">{t('tour.step', { step: step + 1, steps: STEPS.length })}</p>
      <h2>{t(`tour.${name}`)}</h2>
      <p>{t(`tourSays.${name}`)}</p>
      <span class="actions">
        {step > 0 && (
          <button type="button" class="small" onClick={() => show(step - 1)}>
            {t('common.back')}
          </button>
        )}
        {isElsewhere && (
          <button type="button" class="small" onClick={() => show(step)}>
            {t('tour.there')}
          </button>
        )}
        {isLast ? (
          <button type="button" class="primary small" onClick={end}>
            {t('tour.end')}
          </button>
        ) : (
          <button type="button" class="primary small" onClick={() => show(step + 1)}>
            {t('tour.next')}
          </button>
        )}
        {!isLast && (
          <button type="button" class="quiet small" onClick={end}>
            {t('tour.skip')}
          </button>
        )}
      </span>
    </section>
  );
}
